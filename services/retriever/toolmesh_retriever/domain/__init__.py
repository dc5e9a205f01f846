"""Rules and data of search: no I/O, no clock, no randomness."""
