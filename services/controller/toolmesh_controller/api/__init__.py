"""The way in: the gRPC servicer."""
