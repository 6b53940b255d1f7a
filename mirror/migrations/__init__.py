"""The mirror's database, step by step, from the first table on. Holds no step itself."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
