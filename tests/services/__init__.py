"""Real parts for tests and trials: a broker, a database, a browser. Not for production."""
