"""The page where people hear, see and decide; and the server behind it."""
