"""Bubblewrap, the filter of system calls, the processes."""
