"""Rules on recordings."""
