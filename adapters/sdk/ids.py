"""The ids that the hub gives to what it creates in a recipient's system: the same on every try."""

from contracts.envelope import derived_id


def case_id(child: str) -> str:
    """The UUID of the case that the hub creates for a child, when the recipient has none."""
    return derived_id("case", child)


def service_id(referral: str) -> str:
    """The `unique_id` of the service row that carries a referral."""
    return derived_id("service", referral)
