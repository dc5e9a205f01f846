"""Tools that calculate: arithmetic, units, currencies, dates and time zones."""
