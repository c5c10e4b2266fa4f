"""Run folder in, bytes out: one emitter per file. Nothing here computes a finding or knows a kind of data."""
