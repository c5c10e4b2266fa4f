"""Rules on patterns in the baseline's errors."""
