"""`python -m mirror`: reads the settings, starts the mirror, and ends it in order."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import structlog

from contracts.errors import FatalError
from hub.web.logs import configure_logs
from mirror.settings import PREFIX, Settings, describe, load


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop. 0: stopped in order; 1: a person must act; 2: wrong settings."""
    options = _parser().parse_args(arguments)
    try:
        settings = load(options.settings)
    except FatalError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.print_settings:
        sys.stdout.write(describe(settings))
        return 0
    configure_logs(pretty=settings.logs == "pretty", level=settings.log_level)
    from hub.bus.signals import stop_on_signals
    from mirror.compose import run  # a wrong setting need not wait for these

    stop = Event()
    stop_on_signals(stop)
    try:
        run(settings, stop)
    except FatalError as error:
        sys.stderr.write(f"the mirror stopped: {error}\n")
        return 1
    except Exception:  # noqa: BLE001 - its message may hold a value, which a traceback would show
        structlog.get_logger().critical("the mirror stopped", exc_info=True)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, Settings.model_fields))
    rows = (
        f"  {name:<{width}}  {field.description} [{field.default}]"
        for name, field in Settings.model_fields.items()
    )
    parser = argparse.ArgumentParser(
        prog="python -m mirror",
        description="What MOLIP may see: takes in what the hub publishes, and answers analysts.",
        epilog=f"settings, in the file or as {PREFIX}<NAME>:\n" + "\n".join(rows),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a TOML file of settings")
    parser.add_argument(
        "--print-settings", action="store_true", help="show the settings in force, explained"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
