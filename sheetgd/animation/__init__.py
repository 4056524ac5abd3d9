"""A descent as a moving picture: the line over the points, epoch by epoch, beside the falling loss."""
