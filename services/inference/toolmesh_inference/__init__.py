"""The inference service: models behind one contract."""
