"""One file a row of `hub/pipeline.py`. Handlers see no bus and no key; time is an argument."""
