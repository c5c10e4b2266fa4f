"""One format per file: a run folder in, bytes out."""
