"""What runs inside the sandbox, beside the program: the standard library only, since nothing else need be there."""
