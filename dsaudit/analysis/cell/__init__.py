"""What is wrong in the cells and columns of a table of strings, from the table alone."""
