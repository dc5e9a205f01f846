"""A tool that reads pages of allow-listed web hosts."""
