"""The hub's API over HTTP: bearer tokens, closed models, audited reads. Decides nothing itself."""
