"""The mirror's settings: one TOML file, then CLM_MIRROR_* variables. Nothing else reads either."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contracts.errors import FatalError
from contracts.labels import Label

PREFIX = "CLM_MIRROR_"


class Settings(BaseModel):
    """Every setting with its default; `python -m mirror --print-settings` shows them all."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    database: Annotated[str, Label.C0] = Field(
        default="sqlite:///mirror.sqlite",
        description="the mirror's own database: sqlite:///FILE or"
        " postgresql+psycopg://USER:PASSWORD@HOST:PORT/NAME (made when missing)",
    )
    bus: Annotated[str, Label.C0] = Field(
        default="embedded:",
        description="embedded: or kafka://USER:PASSWORD@HOST:PORT, with a credential of its own"
        " that may read `mirror` and `statistics` and write `receipt`",
    )
    bus_home: Annotated[Path, Label.C0] = Field(
        default=Path(),
        description="for embedded: the folder whose bus/molip.sqlite is the border to the hub;"
        " the mirror opens no other file there",
    )
    instance: Annotated[str, Label.C0] = Field(
        default="clm",
        pattern=r"^[a-z0-9][a-z0-9-]{0,39}$",
        description="the installation's id, as the hub has it",
    )
    jwks_file: Annotated[Path, Label.C0] = Field(
        default=Path("jwks.json"),
        description="public keys (JWKS) of whoever issues tokens; a private key here is refused",
    )
    issuer: Annotated[str, Label.C0] = Field(
        default="clm-pilot", description="the `iss` of good tokens; their `aud` must be `mirror`"
    )
    host: Annotated[str, Label.C0] = Field(
        default="127.0.0.1", description="address to listen on; put a TLS proxy before any other"
    )
    port: Annotated[int, Label.C0] = Field(
        default=8700, ge=0, le=65535, description="port to listen on; 0 takes any free one"
    )
    secure_cookie: Annotated[bool, Label.C0] = Field(
        default=True,
        description="browsers send the session over HTTPS (and to localhost) only; set false for"
        " a trial over plain HTTP on another address",
    )
    k: Annotated[int, Label.C0] = Field(
        default=5, ge=2, le=100, description="a class with fewer visible rows is never answered"
    )
    clock: Annotated[str, Label.C0] = Field(
        default="wall",
        min_length=1,
        description="`wall`, or a file that holds the time of a trial's own country",
    )
    logs: Annotated[Literal["json", "pretty"], Label.C0] = Field(
        default="json", description="json lines, or pretty for a terminal; on standard error"
    )
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Label.C0] = Field(
        default="INFO", description="the least level that is logged"
    )


def load(path: Path | None, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings. Raises FatalError for a missing file, or an unknown or wrong setting."""
    given: dict[str, object] = {}
    if path is not None:
        try:
            given = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise FatalError(f"settings: cannot read {path} ({error.strerror})") from None
        except ValueError:
            raise FatalError(f"settings: {path} is no TOML file") from None
    variables = os.environ if environment is None else environment
    given |= {
        name.removeprefix(PREFIX).lower(): value
        for name, value in variables.items()
        if name.startswith(PREFIX)
    }
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise FatalError(f"settings: {_explain(error)}") from None


def describe(settings: Settings) -> str:
    """Return the settings as the TOML file that they could have come from; passwords masked."""
    lines = ["# Settings of the mirror. Each may also be given as a variable, CLM_MIRROR_<NAME>."]
    for name, field in Settings.model_fields.items():
        lines += ["", f"# {field.description}"]
        lines.append(f"{name} = {_as_toml(getattr(settings, name))}")
    return "\n".join(lines) + "\n"


def _explain(error: ValidationError) -> str:
    found = []
    for one in error.errors(include_input=False, include_url=False, include_context=False):
        name = ".".join(map(str, one["loc"]))
        wrong = "there is no such setting" if one["type"] == "extra_forbidden" else one["msg"]
        found.append(f"{name}: {wrong}")
    return "; ".join(found) + " (python -m mirror --print-settings shows all)"


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    text = str(value)
    password = urlsplit(text).password if "://" in text else None
    if password:
        text = text.replace(f":{password}@", ":***@")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
