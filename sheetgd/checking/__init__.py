"""What came back from a class: whose it is, what is right, the first wrong cell and its cause, grades."""
