"""Child labour in survey files: many rows at once, judged by the same rules as one record."""
