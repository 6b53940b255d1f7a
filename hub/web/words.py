"""What the pages say, in English and Burmese, from TOML files. Holds no text of its own."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

from contracts.errors import FatalError

LANGUAGES = MappingProxyType({"en": "English", "my": "မြန်မာ"})
DEFAULT_LANGUAGE = "en"
_BURMESE_DIGITS = str.maketrans("0123456789", "၀၁၂၃၄၅၆၇၈၉")


class Words:
    """Messages by key and language; a key that lacks a language is an error at the start."""

    def __init__(self, files: Iterable[Path]) -> None:
        self._messages: dict[str, dict[str, str]] = {}
        for path in files:
            for key, texts in tomllib.loads(path.read_text(encoding="utf-8")).items():
                if key in self._messages:
                    raise FatalError(f"{path.name}: the message {key} exists already: rename it")
                if texts.keys() != LANGUAGES.keys() or not all(texts.values()):
                    raise FatalError(f"{path.name}: {key} needs exactly {', '.join(LANGUAGES)}")
                self._messages[key] = texts

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all messages."""
        return frozenset(self._messages)

    def say(self, key: str, language: str, **values: object) -> str:
        """Return the message with its values put in. Raises KeyError for an unknown key."""
        return self._messages[key][language].format(
            **{name: digits(value, language) for name, value in values.items()}
        )


def digits(value: object, language: str) -> str:
    """Return the value as text, with Burmese digits in Burmese."""
    text = str(value)
    return text.translate(_BURMESE_DIGITS) if language == "my" else text
