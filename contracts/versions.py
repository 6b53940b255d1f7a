"""Version strings of what the contract layer does. Names versions; never migrates anything."""

import re

SCHEMA_VERSION = "1.0.0"
"""The common child-labour schema, `contracts/model`."""

MAPPING_CODE_VERSION = "1"
"""What `contracts/mapping*.py` and the verdicts do with the same data; raise it on any change."""

_SEMANTIC = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


def mapping_version(contract: str, mapping: str) -> str:
    """Return what a translated record was made by: contract, mapping and code."""
    return f"{contract}+{mapping}.{MAPPING_CODE_VERSION}"


def sortable(version: str) -> str:
    """Return a semantic version so that text order is version order: `0001.0010.0000`."""
    found = _SEMANTIC.fullmatch(version)
    if found is None:
        raise ValueError("a contract version is three numbers, as 1.0.0: mend contract.toml")
    return ".".join(part.zfill(4) for part in found.groups())
