"""Rules of the door: routes, scopes, keys, rates. No I/O, no clock."""
