"""Rules about two sets: what changed from the one to the other."""
