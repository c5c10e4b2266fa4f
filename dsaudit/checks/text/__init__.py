"""Rules on texts."""
