"""How far a given label can be trusted, how many are wrong, and where to cut.

Two scales stand side by side and run against each other: the quality of a label, 0 (worst) to 1 (healthy), and
``p_wrong``, the probability that it is wrong. Rankings put the worst label first.
"""
