"""The registry of tools and the one way to call them."""
