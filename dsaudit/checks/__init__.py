"""The rules, one per file, in a folder per family. Files are discovered; nothing is registered."""
