"""What is kept on disk: run folders, the cache, files written whole or not at all."""
