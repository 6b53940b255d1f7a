"""Codes that no list knows: who holds them, what people decided, and mapping again. Room of hub."""
