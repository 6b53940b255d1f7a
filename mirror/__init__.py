"""What MOLIP may see. Runs alone, with the contracts, hub.bus and hub.web, as `python -m mirror`."""
