"""What each kind of route does with its RPC."""
