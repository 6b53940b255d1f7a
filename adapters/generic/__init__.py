"""The files of any office, read by a source contract alone. Knows no system by name."""
