"""Did it help? One controlled experiment on two runs."""
