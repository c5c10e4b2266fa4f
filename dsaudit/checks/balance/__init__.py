"""Rules on class sizes."""
