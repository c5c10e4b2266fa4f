"""What changed between two sets of items, as numbers: pure functions of arrays.

Everything that may be said to differ is one column of one table of statistics, and the chance that any of them looks so
different where the sets were dealt at random is kept as a whole, see ``family``.
"""
