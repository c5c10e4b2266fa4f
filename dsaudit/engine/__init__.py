"""Where the map over items runs."""
