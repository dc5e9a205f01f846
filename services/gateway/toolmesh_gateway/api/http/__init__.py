"""HTTP around the routes: exchanges, bodies, problems, limits, the ASGI application."""
