"""One story a file, told by the real program on real parts."""
