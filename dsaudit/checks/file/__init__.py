"""Rules on files, whatever is in them."""
