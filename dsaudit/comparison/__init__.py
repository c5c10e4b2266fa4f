"""Did it help? One controlled experiment on two runs.

Differences are the run after less the run before, shares of test items from -1 to 1: above 0 it helped.
"""
