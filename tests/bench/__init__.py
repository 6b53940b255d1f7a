"""What the hub costs: events a second and CPU an event, beside a plain loop. Tests nothing."""
