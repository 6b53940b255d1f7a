"""What MOLIP may see: `python -m mirror`. Of ours it needs contracts, hub.bus and hub.web."""
