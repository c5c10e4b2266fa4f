"""The networks of tables."""
