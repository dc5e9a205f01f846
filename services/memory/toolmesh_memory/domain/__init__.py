"""Rules and data of sessions and artifacts; no input or output."""
