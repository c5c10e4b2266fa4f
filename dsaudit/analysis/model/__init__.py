"""How good predictions are, and the search for better settings."""
