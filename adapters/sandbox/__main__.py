"""`python -m adapters.sandbox`: runs the country and its outside systems until it is stopped."""

import argparse
import json
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from adapters.sandbox.alone import OccupiedError, alone_in, end_with_stdin
from adapters.sandbox.app import build
from adapters.sandbox.country import Country, OtherCountryError
from adapters.sandbox.pace import living
from adapters.sandbox.plan import LEAST_CHILDREN
from adapters.sandbox.primero.faults import Faults


def main(words: list[str] | None = None) -> int:
    """Serve on the loopback until SIGTERM; the first line printed says where, as JSON."""
    asked = _arguments().parse_args(words)
    if asked.children < LEAST_CHILDREN:
        return _refuse(f"--children must be {LEAST_CHILDREN} or more")
    try:
        with alone_in(asked.home / "sandbox"):
            _serve(asked)
    except (OtherCountryError, OccupiedError) as error:
        return _refuse(str(error))
    return 0


def _serve(asked: argparse.Namespace) -> None:
    country = Country(asked.home, seed=asked.seed, children=asked.children, clock=asked.clock)
    faults = Faults(seed=asked.seed, on=asked.faults == "on")
    app = build(country, password=asked.password, token=asked.token, faults=faults)
    door = socket.create_server((asked.host, asked.port))
    # asyncio does not do this for a socket that it is handed: each answer would wait 40 ms.
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    host, port = door.getsockname()[:2]
    sys.stdout.write(json.dumps({"url": f"http://{host}:{port}"}) + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, date_header=False, server_header=False
    )
    server = uvicorn.Server(config)
    if asked.with_stdin:
        end_with_stdin(server)
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when it has stopped
        signal.signal(number, lambda *_: None)
    with living(country, asked.pace):
        server.run(sockets=[door])
    country.close()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m adapters.sandbox", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="state goes to HOME/sandbox")
    parser.add_argument("--children", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--password", default="sandbox-hub", help="of the Primero user clm_hub")
    parser.add_argument("--token", default="sandbox-control", help="bearer for /_country")
    parser.add_argument("--faults", choices=("on", "off"), default="on")
    parser.add_argument("--clock", type=Path, help="keep the clock file here, not in HOME/sandbox")
    parser.add_argument(
        "--pace", type=float, default=0.0, help="seconds of the country in one second; 0: none"
    )
    parser.add_argument("--with-stdin", action="store_true", help="end when standard input closes")
    return parser


def _refuse(why: str) -> int:
    sys.stderr.write(f"sandbox: {why}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
