"""The lesson in which a network with two hidden layers learns XOR."""
