"""The neighbours the controller talks to."""
