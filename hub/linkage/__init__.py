"""Which child is this? Compares blind indexes only."""
