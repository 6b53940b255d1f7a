"""Small parts by themselves: no database, no bus, no process."""
