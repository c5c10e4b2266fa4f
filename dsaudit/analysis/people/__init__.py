"""Several people's labels: agreement, consensus, quality."""
