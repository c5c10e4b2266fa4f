"""Findings and figures as sentences."""
