"""Work in processes of its own: what takes too long or too much is killed there, and nothing else is."""
