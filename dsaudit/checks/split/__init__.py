"""Rules on leakage across splits."""
