"""The command `toolmesh`: run the platform, ask it, look into it."""
