"""A decision in words, in English and Burmese. Knows codes; decides nothing and names nobody."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from consent.model import Decision

Language = Literal["en", "my"]


def explain(decision: Decision, language: Language = "en") -> tuple[str, ...]:
    """Return the answer and every reason for it, one sentence or two each."""
    effect = _words()["effect"][str(decision.effect)][language]
    return (str(effect), *(reason_in_words(code, language) for code in decision.reasons))


def reason_in_words(code: str, language: Language = "en") -> str:
    """Return one reason in words; KeyError for a code that nobody wrote words for."""
    reasons = _words()["reason"]
    entry = reasons.get(code) or reasons[code.partition(":")[0]]
    return str(entry[language])


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads((files("consent") / "words.toml").read_text(encoding="utf-8"))
