"""How good predictions are, and the search for better settings.

Figures are better the higher they are, but for log loss (nats) and calibration error, which are better the lower;
differences are the later model less the earlier one.
"""
