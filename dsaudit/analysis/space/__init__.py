"""Neighbourhoods in embedding space: copies, clusters, outliers, the map."""
