"""Contract suites: each port against every implementation of it."""
