"""The command line: `clmhub`. Reads arguments, calls the programs, prints for people."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from contracts.errors import FatalError, HubError
from hub import cli_contract, cli_install, cli_triage, programs
from hub.cli_classify import EPILOG as CLASSIFY_EPILOG
from hub.cli_classify import classify
from hub.cli_quality import quality
from hub.home import check_home, token_issuer
from hub.ledger import STATES, Held
from hub.pipeline import PIPELINE
from hub.settings import PREFIX, Settings, load_settings, settings_table
from hub.tasks import Advice
from hub.terminal import visible
from hub.web.clock import wall_clock
from hub.web.tokens import Role

app = typer.Typer(
    name="clmhub",
    help="The hub of a national child labour monitoring system: adapters, contracts, consent,"
    " referrals, and a privacy-filtered mirror.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
# No markup: names of files and sheets may hold brackets.
out = Console(soft_wrap=True, markup=False)
errors = Console(stderr=True, soft_wrap=True, markup=False)

Home = Annotated[Path | None, typer.Option(help="Folder of all state. Default: ./.clmhub")]
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="Settings file (TOML). Default: HOME/clmhub.toml")
]
BusAddress = Annotated[str | None, typer.Option("--bus", help="`embedded:` or `kafka://host:port`")]
DatabaseAddress = Annotated[
    str | None,
    typer.Option("--database", help="`sqlite:` or `postgresql+psycopg://user@host:port`"),
]


@app.command()
def up(home: Home = None, settings: SettingsFile = None) -> None:
    """Run the whole hub in one process, and the mirror as its child. For pilots."""
    programs.up(_settings(settings, home=home))


@app.command()
def work(
    stages: Annotated[list[str], typer.Argument(help="Stages, or `all`: see `clmhub stages`")],
    once: Annotated[
        bool, typer.Option(help="With `all`: read every source once, finish, and stop")
    ] = False,
    home: Home = None,
    settings: SettingsFile = None,
) -> None:
    """Run the workers of some stages. Any number of processes may run the same stage."""
    given = _settings(settings, home=home)
    if not once:
        programs.work(given, stages)
    elif stages == ["all"]:
        programs.work_once(given, lambda line: typer.echo(line, err=True))
    else:
        raise FatalError("--once runs all stages, or what is read would go nowhere: work all")


@app.command()
def api(home: Home = None, settings: SettingsFile = None) -> None:
    """Serve the hub's API and first page, and publish what people decide there."""
    programs.api(_settings(settings, home=home))


@app.command()
def setup(
    mirror: Annotated[
        Path | None, typer.Option(help="Folder for what the mirror gets: instance id, public keys")
    ] = None,
    home: Home = None,
    settings: SettingsFile = None,
) -> None:
    """Prepare an installation of many processes: roles, databases, topics, rights, keys.

    Waits for Kafka and PostgreSQL. Running it again changes nothing but what has been mended.
    """
    programs.setup(_settings(settings, home=home), mirror, typer.echo)


@app.command()
def stages() -> None:
    """Print the data path: what each stage reads, opens, publishes and does."""
    for stage in PIPELINE:
        out.print(f"{stage.name}: {stage.does}", highlight=False)
        for word, names in (("reads", stage.reads), ("publishes", stage.publishes)):
            out.print(f"    {word:9} {', '.join(names) or '-'}", highlight=False)
        out.print(f"    opens     {stage.opens}", highlight=False)


@app.command("settings")
def print_settings() -> None:
    """Print every setting with its meaning and default."""
    for path, default, meaning in settings_table():
        shown = f" (default {default})" if default else ""
        variable = f"{PREFIX}{'__'.join(path).upper()}"
        out.print(f"{'.'.join(path)}, or {variable}{shown}\n    {meaning}", highlight=False)


@app.command()
def token(
    role: Annotated[list[Role], typer.Option(help="A role; may be given several times")],
    subject: Annotated[str, typer.Option(help="Who will hold it")] = "pilot",
    audience: Annotated[str, typer.Option(help="`hub` or `mirror`")] = "hub",
    office: Annotated[str, typer.Option(help="Office code, for an inspector")] = "",
    hours: Annotated[int, typer.Option(min=1, max=24 * 31, help="How long it is valid")] = 12,
    home: Home = None,
    settings: SettingsFile = None,
) -> None:
    """Issue a bearer token. For pilots: a ministry uses its OpenID Connect provider."""
    place = _settings(settings, home=home).home
    check_home(place)
    typer.echo(
        token_issuer(place).issue(
            subject=subject, roles=role, audience=audience, now=wall_clock(),
            lifetime=timedelta(hours=hours), office=office,
        )
    )  # fmt: skip


@app.command()
def rejects(
    system: Annotated[str | None, typer.Option(help="Only this source")] = None,
    home: Home = None,
    settings: SettingsFile = None,
) -> None:
    """List the records that a source must mend: where, which column, why, what to do."""
    lines = programs.rejected(_settings(settings, home=home), system)
    for line in lines:
        for reason in line.reasons:
            column = f", column {reason.column}" if reason.column else ""
            where = visible(reason.where)
            out.print(f"{line.system}: {where}{column}", highlight=False)
            out.print(f"    {reason.message}\n    -> {reason.next_step}", highlight=False)
    if lines:
        out.print("Mend these in the source and send them again: the same row key replaces them.")
    else:
        out.print("Nothing is rejected.")


@app.command()
def ledger(home: Home = None, settings: SettingsFile = None) -> None:
    """Show where every source's records stand: received is the sum of all states."""
    found = programs.totals(_settings(settings, home=home))
    table = Table("source", "received", *STATES, "in flight", box=None, padding=(0, 1, 0, 0))
    for system, sums in found.items():
        counts = [getattr(sums, state) for state in ("received", *STATES, "in_flight")]
        table.add_row(system, *map(str, counts))
    for column in table.columns[1:]:
        column.justify = "right"
    out.print(table)
    waiting = sum(sums.in_flight for sums in found.values())
    out.print(f"{waiting} still in flight." if waiting else "Every source's sum closes.")
    for state, command in (("parked", "clmhub parked"), ("rejected", "clmhub rejects")):
        if count := sum(getattr(sums, state) for sums in found.values()):
            out.print(f"{count} {state}: {command} says why, and what to do.")


@app.command()
def parked(
    retry: Annotated[bool, typer.Option(help="Try all of them again now")] = False,
    home: Home = None,
    settings: SettingsFile = None,
) -> None:
    """List what is parked: after an unforeseen failure, or until a person decides; or try again.

    `--retry` moves what failed. What a person must decide goes on by itself when that is done.
    """
    given = _settings(settings, home=home)
    asked = programs.retry_parked(given) if retry else 0
    failed, held = programs.parked(given)
    table = Table("stage", "source", "reason", "place", "since")
    for row in failed:
        table.add_row(row.stage, row.system, row.error, row.place, f"{row.at:%Y-%m-%d %H:%M}")
    if retry:
        out.print(f"{asked} records that failed will be tried again.")
    elif failed:
        out.print(table)
        out.print("These failed in a way that nobody foresaw. Mend it, then: clmhub parked --retry")
    else:
        out.print("No record is parked after a failure.")
    _print_held(held)


def _print_held(held: list[Held]) -> None:
    """Why records wait for a person. Their place is sealed: the source's file tells it."""
    if not held:
        out.print("No record is parked until a person decides.")
        return
    advice, count = Advice(), sum(one.count for one in held)
    out.print(f"Parked because a person must decide, {count} in all:")
    for one in held:
        told = f"{one.system}: {one.count} since {one.since:%Y-%m-%d}, {one.reason}"
        out.print(told, highlight=False)
        why, step = advice.why(one.reason, "en"), advice.next_step(one.reason, "en")
        out.print(f"    {why}\n    -> {step}", highlight=False)


@app.command("verify-audit")
def verify_audit(home: Home = None, settings: SettingsFile = None) -> None:
    """Check the chain of the audit entries; exit status 1 names the first broken ones."""
    broken = programs.verify_audit(_settings(settings, home=home))
    for shard, sequence in broken[:20]:
        out.print(f"broken: {shard} entry {sequence}")
    if broken:
        raise typer.Exit(1)
    out.print("The audit chain is whole.")


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="Run the story to its end, then stop")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as one line")] = False,
    children: Annotated[int, typer.Option(min=60, help="Children in the sandbox country")] = 120,
    seed: Annotated[int, typer.Option(help="Another seed makes another country")] = 1,
    home: Home = None,
    bus: BusAddress = None,
    database: DatabaseAddress = None,
) -> None:
    """Run the main job on a sandbox country: three systems, hub, mirror, referrals and answers.

    The country lives about sixty days in a minute or two; then the demo stays up to be looked at,
    unless `--once`. Ctrl-C stops it; the same command goes on from what is stored.
    """
    from hub.demo.run import Choices, run_demo

    given = _settings(None, home=home, bus=bus, database=database)
    choices = Choices(settings=given, once=once, json=json, children=children, seed=seed)
    raise typer.Exit(run_demo(choices))


cli_contract.app.add_typer(cli_install.app)
app.add_typer(cli_contract.app, name="contract")
app.add_typer(cli_triage.app, name="triage")
app.command("quality")(quality)
app.command("classify", epilog=CLASSIFY_EPILOG)(classify)


def _settings(file: Path | None, **given: Any) -> Settings:
    return load_settings(file, given=given)


def main() -> NoReturn:
    """Run the command line; what goes wrong on purpose is one sentence and exit status 1."""
    try:
        app()
    except HubError as error:
        errors.print(f"clmhub: {error}", style="red", highlight=False)
        raise SystemExit(1) from None
    raise SystemExit(0)
