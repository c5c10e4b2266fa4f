"""Rules on given labels."""
