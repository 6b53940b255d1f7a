"""A policy pack: what a country decided, as data. Holds no rule of its own and decides nothing."""

import tomllib
from datetime import date
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from consent.model import Action, Basis, Channel, Performer, Purpose
from contracts.errors import FatalError
from contracts.labels import Label

DEFAULT_PACK = "myanmar_default"
STRICT_PACK = "strict"

Text = Annotated[str, Field(min_length=1, max_length=80)]
Some = Field(min_length=1)


class Condition(StrEnum):
    """What a rule may ask of the case."""

    CHILD_LABOUR = "child_labour"
    WORST_FORM = "worst_form"
    ARMED_FORCES = "armed_forces"
    PROFESSIONAL_REQUEST = "professional_request"


class Yields(StrEnum):
    """What a basis gives way to; `nothing` is for the child's vital interest."""

    OBJECTION = "objection"
    REFUSED_ASSENT = "refused_assent"
    NOTHING = "nothing"


class Lapse(StrEnum):
    """When a guardian's consent ends: the child may be 18, or is 18 for certain."""

    POSSIBLE = "possible"
    CERTAIN = "certain"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Agreement(_Part):
    """What a data-sharing agreement lets a recipient have; `until` is its last day."""

    purposes: frozenset[Purpose] = Some
    classes: frozenset[Label] = Some
    until: date


class Recipient(_Part):
    """A registered recipient. `role` is matched by the actors of a consent as `role:...`."""

    role: Text
    agreements: tuple[Agreement, ...] = Some


class Never(_Part):
    """What no consent, basis or override ever opens. Empty criteria match everything."""

    recipients: frozenset[Text] = frozenset()
    channels: frozenset[Channel] = frozenset()
    conditions: frozenset[Condition] = frozenset()
    classes: frozenset[Label] = frozenset()


class Band(_Part):
    """Who must agree for a child of this age: somebody of every group in `every`."""

    from_age: Annotated[int, Field(ge=0, le=17)]
    to_age: Annotated[int, Field(ge=0, le=17)]
    every: tuple[frozenset[Performer], ...] = Some
    without_unsafe_guardian: bool = False


class LegalBasis(_Part):
    """A basis other than consent, for these recipients, purposes and classes, if any condition is
    met. One with `review_days` opens a review task.
    """

    code: Text
    basis: Basis
    recipients: frozenset[Text] = Some
    purposes: frozenset[Purpose] = Some
    actions: frozenset[Action] = Some
    classes: frozenset[Label] = Some
    conditions: frozenset[Condition] = Some
    yields_to: Yields
    review_days: Annotated[int, Field(ge=0, le=90)] = 0


class OverrideRule(_Part):
    """An override that may be claimed; `group` is the membership that it needs, if any."""

    code: Text
    basis: Basis
    authorities: frozenset[Text] = Some
    recipients: frozenset[Text] = Some
    purposes: frozenset[Purpose] = Some
    classes: frozenset[Label] = Some
    yields_to: Yields
    group: str = ""
    most_minutes: Annotated[int, Field(ge=1, le=72 * 60)]


class Grant(_Part):
    """What a yes to one question of a source permits, and what a no to it objects to."""

    permits: frozenset[Purpose] = Some
    classes: frozenset[Label] = Some
    objects: frozenset[Purpose] = Some


class Policy(_Part):
    """A whole pack. `needs` names the questions that consent to a purpose must have answered yes;
    `scope` the conditions of which a case must meet one, per purpose (`default` for the others).
    """

    name: Text
    version: Text
    refresh_seconds: Annotated[int, Field(ge=1, le=300)]
    lapse: Lapse
    recipients: dict[Text, Recipient]
    never: tuple[Never, ...]
    bands: tuple[Band, ...] = Some
    bases: tuple[LegalBasis, ...]
    overrides: tuple[OverrideRule, ...]
    grants: dict[Text, Grant]
    needs: dict[Purpose, frozenset[Text]]
    scope: dict[str, frozenset[Condition]]

    @property
    def reference(self) -> str:
        """How a decision names it."""
        return f"{self.name}/{self.version}"


def load_policy(pack: str | Path) -> Policy:
    """Load a pack that ships with the hub by its name, or a country's own by its path.

    Raises FatalError when the pack is not understood: better none than half of one.
    """
    place = pack if isinstance(pack, Path) else files("consent") / "policies" / f"{pack}.toml"
    try:
        policy = Policy.model_validate(tomllib.loads(place.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        where = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults)
        raise FatalError(f"the policy pack {pack} is not understood: {where}") from None
    except (OSError, ValueError) as error:
        raise FatalError(f"the policy pack {pack} cannot be read: {error}") from None
    _check(policy, str(pack))
    return policy


def _check(policy: Policy, pack: str) -> None:
    ages = sorted(age for band in policy.bands for age in range(band.from_age, band.to_age + 1))
    if ages != list(range(18)):
        raise FatalError(f"the policy pack {pack} must name every age from 0 to 17 in one band")
    rules: tuple[LegalBasis | OverrideRule, ...] = (*policy.bases, *policy.overrides)
    named = {one for rule in rules for one in rule.recipients}
    if unknown := sorted(named - policy.recipients.keys()):
        raise FatalError(f"the policy pack {pack} names unregistered recipients: {unknown}")
    if "default" not in policy.scope:
        raise FatalError(f"the policy pack {pack} needs a scope `default`")
    if any(rule.basis is Basis.CONSENT for rule in rules):
        raise FatalError(
            f"the policy pack {pack} gives `consent` as a basis without consent: name another basis"
        )
