"""What goes along with errors: facts, their lift, and what gives a class away."""
