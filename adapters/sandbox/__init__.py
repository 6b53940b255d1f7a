"""The sandbox country and look-alikes of the outside systems. Knows nothing of the hub."""
