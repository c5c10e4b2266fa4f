"""Numeric functions on arrays and tables: no files, no state, no models.

In all rooms: scores run from 0 (worst) to 1 (healthy); shares, rates and probabilities from 0 to 1, never per cent;
intervals are of 95 %. ``pred_probs`` (n, k) are out of sample and their rows sum to 1; ``given`` (n,) holds column
numbers, -1 for none. Tables are indexed by ``item_id``. What is drawn is drawn by ``seed``: same input, same output.
"""
