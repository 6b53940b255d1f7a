"""What the hub costs: events a second and CPU an event, beside a hand-written loop. Tests nothing."""
