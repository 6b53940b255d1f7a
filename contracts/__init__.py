"""What the data means. Pure: no I/O but reading its own data files."""
