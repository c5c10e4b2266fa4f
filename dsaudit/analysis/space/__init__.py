"""Neighbourhoods in embedding space: copies, clusters, outliers, the map.

Similarity is a cosine, -1 to 1; distance is Euclidean in the space of ``embedding_space``; of hashes it is the share of
bits that differ, 0 (copies) to 1. Row numbers count from 0, -1 stands for none.
"""
