"""Named tables about a dataset, each made on first use by its provider."""
