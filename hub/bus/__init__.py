"""The bus, the one worker loop and its journal. A leaf: knows no stage by name."""
