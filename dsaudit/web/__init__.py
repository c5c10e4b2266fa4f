"""Scripts and styles that all pages share: the report inlines them, the screen serves them. Knows no kind of data."""
