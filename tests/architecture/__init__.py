"""The house's rules, executable: imports, purity, the pipeline, labels, audit, sizes, migrations."""
