"""The self-contained page: template, scripts, data blocks, budget of bytes."""
