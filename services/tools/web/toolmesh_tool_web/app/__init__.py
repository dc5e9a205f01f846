"""Reading a page, and what that needs."""
