"""One file a row of `hub/pipeline.py`. Handlers see no bus, no clock and no key."""
