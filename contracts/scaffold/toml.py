"""Writes values as TOML, on one line each. Reads none."""

import re

import orjson

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_DOTTED = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


def line(key: str, value: object) -> str:
    """Return `key = value`; a key with dots is a path."""
    return f"{key if _DOTTED.fullmatch(key) else quoted(key)} = {value_text(value)}"


def inline(parts: dict[str, object]) -> str:
    """Return an inline table."""
    pairs = (f"{quoted(key)} = {value_text(value)}" for key, value in parts.items())
    return f"{{ {', '.join(pairs)} }}"


def quoted(key: str) -> str:
    """Return a key, between quotation marks where it must be."""
    return key if _BARE.fullmatch(key) else value_text(key)


def value_text(value: object) -> str:
    """Return a text, number, truth, list or table as TOML."""
    if isinstance(value, dict):
        return inline(value)
    if isinstance(value, list):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, str):
        # JSON escapes as TOML does, but for one letter.
        return orjson.dumps(_sound(value)).decode().replace("\x7f", "\\u007f")
    return orjson.dumps(value).decode()


def _sound(text: str) -> str:
    """Return a text without halves of letters, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
