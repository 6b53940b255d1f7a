"""A real server and a real client at DEBUG: no address and no header of a call is logged."""

import io
import logging
import sys
from collections.abc import Iterator

import httpx
import pytest
import structlog
from fastapi import FastAPI

from hub.demo.parts import port_for
from hub.running import serving
from hub.web.logs import configure_logs
from hub.web.problems import add_problem_handlers

SECRET = "Pwintzarnisithumoe"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that this process logs, at the level that tells most."""
    root = logging.getLogger()
    before, levels = (
        (root.handlers[:], root.level),
        {
            name: one.level
            for name, one in logging.Logger.manager.loggerDict.items()
            if isinstance(one, logging.Logger)
        },
    )
    stream = io.StringIO()
    configure_logs(pretty=False, level="DEBUG", stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_no_address_and_no_header_of_a_request_is_logged(
    written: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    app = FastAPI()
    add_problem_handlers(app, None)

    @app.get("/fails")
    def fails(name: str) -> None:
        raise KeyError(name)

    with serving(app, "127.0.0.1", port_for(0)) as port:
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}")
        headers = {"Authorization": f"Bearer {SECRET}"}
        for path in (f"/{SECRET}", f"/fails?name={SECRET}", "/fails"):
            answer = client.get(path, headers=headers)
            assert SECRET not in answer.text
        client.close()
    structlog.get_logger().info("done")
    sys.stderr.flush()
    shown = capfd.readouterr()
    assert "request_failed" in written.getvalue()
    assert SECRET not in written.getvalue() + shown.out + shown.err
