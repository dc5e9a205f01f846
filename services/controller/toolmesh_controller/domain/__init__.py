"""Rules and data of the controller; no I/O, no gRPC, no clock, no randomness."""
