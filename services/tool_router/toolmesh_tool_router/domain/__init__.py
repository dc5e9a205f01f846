"""Rules and data of the tool router: no I/O, no clock, no randomness."""
