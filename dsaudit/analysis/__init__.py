"""Numeric functions on arrays and tables: no files, no state, no models."""
