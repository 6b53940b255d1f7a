"""The hub's databases, step by step, from the first table on. Holds no step itself."""
