"""Append-only decisions: where they are kept, checked, undone and carried elsewhere."""
