"""The engine that maps a source's records: compiled once a contract. Knows no source by name."""
