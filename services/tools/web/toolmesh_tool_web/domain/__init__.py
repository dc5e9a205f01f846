"""Rules of URLs, hosts, addresses and content types; no I/O."""
