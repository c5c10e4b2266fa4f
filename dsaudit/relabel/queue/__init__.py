"""What is worth reviewing, and in which order."""
