"""The demonstration: the real hub and mirror against the sandbox country. Not for production."""
