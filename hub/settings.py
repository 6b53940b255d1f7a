"""The hub's settings: one TOML file and `CLM_*` variables. The only reader of the environment.

A variable names a field in capitals, with two underscores between levels: `CLM_POLL_SECONDS`,
`CLM_DSW_CMS__URL`. Variables win over the file. An unknown setting is an error, in both.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from contracts.errors import FatalError

PREFIX = "CLM_"
FOREIGN_PREFIX = "CLM_MIRROR_"
FILE_NAME = "clmhub.toml"


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class DswCms(_Settings):
    """The DSW's case management system: a Primero v2 REST API."""

    url: str = Field(default="", description="Base address, without /api/v2; empty: not connected.")
    user: str = Field(default="", description="The hub's own account there.")
    password: SecretStr = Field(default=SecretStr(""), description="Its password (Basic auth).")


class Folder(_Settings):
    """A source that drops its files into a folder."""

    folder: Path | None = Field(
        default=None, description="Holds inbox/ and answers/; empty: not connected."
    )


class Molip(_Settings):
    """The mirror that `clmhub up` starts as its child; one that runs alone has its own settings."""

    port: int = Field(default=8720, ge=0, le=65535, description="Port of its API.")
    bus: str = Field(
        default="", description="Bus address with the mirror's own credential; empty: as `bus`."
    )
    database: str = Field(default="", description="Its database; empty: beside the hub's.")


class Admin(_Settings):
    """What `clmhub setup` alone may do: give it these two, and give them to no other program."""

    bus: SecretStr = Field(
        default=SecretStr(""),
        description="Bus address with a credential that makes topics and grants rights.",
    )
    database: SecretStr = Field(
        default=SecretStr(""),
        description="Database server with a credential that makes roles and databases.",
    )


class Settings(_Settings):
    """Every setting of the hub, with its meaning, unit and default."""

    home: Path = Field(default=Path(".clmhub"), description="Folder of all state of this hub.")
    bus: str = Field(
        default="embedded:", description="`embedded:` or `kafka://[user:password@]host:port`."
    )
    database: str = Field(
        default="sqlite:", description="`sqlite:` or `postgresql+psycopg://user@host:port`."
    )
    production: bool = Field(
        default=False, description="Refuse what only a trial may do: a key file, a demo clock."
    )
    clock: str = Field(default="wall", description="`wall`, or a file that holds the time (demo).")
    log: Literal["auto", "json", "pretty"] = Field(default="auto", description="Form of the log.")
    host: str = Field(default="127.0.0.1", description="Address that the API listens on.")
    port: int = Field(default=8710, ge=0, le=65535, description="Port of the API; 0: any free one.")
    epoch_seconds: int = Field(
        default=3600, ge=1, description="Length of an epoch of the mirror, in seconds."
    )
    poll_seconds: float = Field(
        default=60.0, gt=0, description="Pause between two polls of a source, in seconds."
    )
    idle_seconds: float = Field(
        default=0.2, gt=0, description="How long a stage waits for new events at once, in seconds."
    )
    publish_at_once: int = Field(
        default=500, ge=1, description="Most events that a stage publishes in one go."
    )
    errand_seconds: float = Field(
        default=120.0,
        ge=5,
        description="How long a call to an outside system may take, in seconds, before another"
        " worker takes it over.",
    )
    half_copied_seconds: float = Field(
        default=900.0, ge=0, description="How long a file may look half-copied, in seconds."
    )
    k: int = Field(default=5, ge=2, description="Least children in a class that the mirror shows.")
    policy: str = Field(
        default="myanmar_default", description="Policy pack: `myanmar_default` or `strict`."
    )
    directory: Path | None = Field(
        default=None, description="Service directory (TOML); empty: the sandbox country's."
    )
    dsw_cms: DswCms = Field(default_factory=DswCms, description="DSW case management system.")
    labour_inspection: Folder = Field(default_factory=Folder, description="Inspection files.")
    emis: Folder = Field(default_factory=Folder, description="School files.")
    offices: Path | None = Field(
        default=None,
        description="Folder of the contracts that are installed, SYSTEM/RECORD/inbox in it; empty:"
        " the folder `offices` in the home.",
    )
    molip: Molip = Field(default_factory=Molip, description="The mirror of `clmhub up`.")
    admin: Admin = Field(default_factory=Admin, description="For `clmhub setup` alone.")
    after_setup: bool = Field(
        default=False, description="Wait until `clmhub setup` has prepared this home."
    )
    run: Path | None = Field(
        default=None,
        description="Folder of this machine's heartbeats; empty: the folder `run` in the home.",
    )
    fault: str = Field(
        default="",
        description="For tests: `name:n` kills this process at the n-th pass of a point.",
    )


def settings_table(
    model: type[BaseModel] = Settings, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Every setting: its name level by level, its default ("" for none), its meaning."""
    for name, field in model.model_fields.items():
        path, kind = (*above, name), field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from settings_table(kind, path)
            continue
        default = field.get_default(call_default_factory=True)
        shown = "" if default is None else str(default)
        yield path, shown.lower() if isinstance(default, bool) else shown, field.description or ""


def load_settings(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    given: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings: file, then environment, then what the command line gave.

    Without `file`, `clmhub.toml` in the home is read when it is there.
    Raises FatalError that names each wrong setting, and never its value.
    """
    variables = _from_environment(os.environ if environment is None else environment)
    chosen = {name: value for name, value in (given or {}).items() if value is not None}
    home = Path(chosen.get("home") or variables.get("home") or Settings().home)
    path = file or home / FILE_NAME
    stored = _from_file(path) if file or path.exists() else {}
    merged = _merge(_merge(stored, variables), chosen)
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)
        lines = [f"  {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong]
        raise FatalError(
            f"settings ({path}, or CLM_ variables) are wrong:\n" + "\n".join(lines)
            + "\n`clmhub settings` lists all settings with their meaning."
        ) from None  # fmt: skip


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FatalError(
            f"the settings file {path} cannot be read ({type(error).__name__}): mend or remove it"
        ) from None


def passed_on(*more: str) -> dict[str, str]:
    """What a child process gets of this one's environment: no setting and no secret of ours."""
    wanted = ("PATH", "LANG", "TMPDIR", *more)
    return {name: os.environ[name] for name in wanted if name in os.environ}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Turn `CLM_A__B=x` into {"a": {"b": "x"}}."""
    result: dict[str, Any] = {}
    for name, value in environment.items():
        if name.startswith(PREFIX) and not name.startswith(FOREIGN_PREFIX):
            *path, last = name.removeprefix(PREFIX).lower().split("__")
            level = result
            for step in path:
                level = level.setdefault(step, {})
            level[last] = value
    return result


def _merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(low)
    for name, value in high.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merge(merged[name], value) if both else value
    return merged
