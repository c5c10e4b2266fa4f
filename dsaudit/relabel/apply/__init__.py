"""Writing the dataset as decisions leave it: a new manifest or tree, never the originals."""
