"""Whether a run is good enough: limits, accepted findings, and a verdict. Works from a run folder alone."""
