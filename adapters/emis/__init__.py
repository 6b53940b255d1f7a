"""The education system's workbooks. Knows their form, not what an absence means."""
