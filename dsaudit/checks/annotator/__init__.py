"""Rules about the people who label."""
