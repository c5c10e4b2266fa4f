"""Carrying what is worth hearing to other tools, and their answers back."""
