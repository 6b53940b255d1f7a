"""The mirror's database, step by step, from the first table on. Holds no step itself."""
