"""Tests, and what they stand on. Nothing of the product may import it."""
