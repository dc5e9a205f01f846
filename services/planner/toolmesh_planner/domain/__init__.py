"""Rules and data of a run; no I/O, no clock, no randomness."""
