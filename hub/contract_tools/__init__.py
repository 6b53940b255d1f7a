"""The tools of a contract's author: check, try, compare, scaffold. They change no hub's state."""
