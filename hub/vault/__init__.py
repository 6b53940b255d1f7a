"""Keys, sealing and erasure: the only rooms that may hold a key, and none that holds a record."""
