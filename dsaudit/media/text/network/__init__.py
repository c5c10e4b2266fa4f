"""Networks that read."""
