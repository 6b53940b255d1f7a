"""Version strings of what the contract layer does. Names versions; never migrates anything."""

SCHEMA_VERSION = "1.1.0"
"""The common child-labour schema, `contracts/model`."""

MAPPING_CODE_VERSION = "3"
"""What `contracts/mapping/` and the verdicts do with the same data; raise it on any change."""


def mapping_version(contract: str, mapping: str) -> str:
    """Return what a translated record was made by: contract, mapping and code."""
    return f"{contract}+{mapping}.{MAPPING_CODE_VERSION}"
