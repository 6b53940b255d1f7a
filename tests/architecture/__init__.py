"""The house's rules, executable: imports, purity, pipeline, labels, audit, sizes, migrations."""
