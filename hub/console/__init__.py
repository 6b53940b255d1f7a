"""The hub's pages for people in a browser: sums and states, no personal data."""
