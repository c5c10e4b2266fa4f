"""How far a given label can be trusted, how many are wrong, and where to cut."""
