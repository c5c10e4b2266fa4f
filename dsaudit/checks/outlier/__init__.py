"""Rules on items unlike all others."""
