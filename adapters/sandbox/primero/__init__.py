"""A look-alike of the Primero v2 case management API, as its server behaves."""
