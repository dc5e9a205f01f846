"""The controller: turns messages and candidate tools into a decision."""
