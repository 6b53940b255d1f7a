"""Logs never hold a value: one test for each way in which the stack leaks by default."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import structlog
from kafka.producer.kafka import log as kafka_log
from pydantic import BaseModel, ValidationError
from sqlalchemy import Column, MetaData, String, Table, create_engine, exc, insert

from contracts.errors import FatalError, Reason, RejectedError
from hub.web.logs import PINNED, configure_logs, describe_error

SECRET = "Maung-Kyaw-Zin-Q7X"
Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture(params=["DEBUG", "INFO"])
def lines(request: pytest.FixtureRequest) -> Iterator[Read]:
    """What was logged, after the process's logging was configured; undone in the end."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in PINNED}
    before = (root.handlers[:], root.level)
    stream = io.StringIO()
    configure_logs(pretty=False, level=request.param, stream=stream)

    def read() -> list[dict[str, Any]]:
        assert SECRET not in stream.getvalue()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    yield read
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def throw(error: BaseException, cause: BaseException | None = None) -> None:
    """Raise an error whose frame has a telling local variable."""
    name = SECRET
    assert name
    raise error from cause


class Child(BaseModel):
    """A model whose errors would show their input."""

    age: int


def test_a_line_is_json_with_its_level_logger_and_time(lines: Read) -> None:
    structlog.get_logger("hub.test").info("epoch_closed", epoch=3, rows=12)
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "epoch_closed", "epoch": 3, "rows": 12, "level": "info", "logger": "hub.test",
    }  # fmt: skip


def test_an_unknown_field_is_dropped_and_named(lines: Read) -> None:
    structlog.get_logger().info("taken", guardian=SECRET, row=4)
    (line,) = lines()
    assert line["hidden_fields"] == ["guardian"]
    assert line["row"] == 4


@pytest.mark.parametrize("value", ["Daw Mya " + SECRET, "မောင်" + SECRET, {"x": object()}, b"x"])
def test_a_known_field_that_is_no_code_is_hidden(lines: Read, value: object) -> None:
    structlog.get_logger().info("taken", key=value, person=value)
    (line,) = lines()
    assert line["person"] == "(hidden)"


def test_locals_and_messages_of_a_foreign_exception_stay_inside(lines: Read) -> None:
    try:
        throw(ValueError(f"no such child: {SECRET}"))
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = lines()
    assert line["exception"][0]["class"] == "ValueError"
    assert line["exception"][0]["place"].startswith("tests/unit/test_web_logs.py:")


def test_our_own_sentences_are_kept(lines: Read) -> None:
    try:
        throw(FatalError("the key file is gone: restore it"), ValueError(SECRET))
    except FatalError:
        structlog.get_logger().error("stopped", exc_info=True)
    (line,) = lines()
    assert line["exception"][0]["message"] == "the key file is gone: restore it"
    assert line["exception"][1].keys() == {"class", "place"}


def test_a_pydantic_error_shows_no_input(lines: Read) -> None:
    try:
        Child.model_validate({"age": SECRET})
    except ValidationError as error:
        logging.getLogger("hub.test").warning("invalid: %s", error, exc_info=True)
        structlog.get_logger().warning("invalid", reason=str(error))
    first, second = lines()
    assert first["exception"][0]["class"] == "ValidationError"
    assert second["reason"] == "(hidden)"


def test_an_sql_error_shows_no_parameters(lines: Read) -> None:
    engine = create_engine("sqlite://")  # parameters not even hidden by the engine
    table = Table("missing", MetaData(), Column("name", String))
    try:
        with engine.begin() as connection:
            connection.execute(insert(table), [{"name": SECRET}])
    except exc.OperationalError:
        structlog.get_logger().exception("failed")
        logging.getLogger("sqlalchemy.pool").exception("failed with %s", SECRET)
    engine.dispose()
    assert len(lines()) == 2


def test_kafkas_debug_lines_are_not_written(lines: Read) -> None:
    kafka_log.debug("Sending (key=%r value=%r headers=%r) to %s", SECRET, SECRET, [], "t")
    logging.getLogger("kafka.consumer").info("read %s", SECRET)
    assert lines() == []


def test_a_warning_of_another_library_is_its_template_alone(lines: Read) -> None:
    logging.getLogger("kafka.client").warning("cannot reach %s", SECRET)
    logging.getLogger("kafka.client").error(f"cannot reach {SECRET}")  # noqa: G004 - as they do
    first, second = lines()
    assert first["event"] == "cannot reach %s"
    assert second["event"] == "line of kafka.client"
    assert second["place"].startswith("test_web_logs.py:")


def test_http_clients_and_access_logs_show_no_address(lines: Read) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(200))
    with httpx.Client(transport=transport) as client:
        client.get(f"http://127.0.0.1/cases?name={SECRET}")
    logging.getLogger("uvicorn.access").info('"GET %s"', f"/cases?name={SECRET}")
    assert lines() == []


def test_python_warnings_come_as_lines_without_their_text(lines: Read) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(SECRET, stacklevel=1)
    assert [line["logger"] for line in lines()] == ["py.warnings"]


def test_a_rejection_is_logged_by_its_codes(lines: Read) -> None:
    reason = Reason(code="age_impossible", message="the age is impossible", next_step="mend it")
    try:
        throw(RejectedError(reason))
    except RejectedError:
        structlog.get_logger().exception("refused")
    (line,) = lines()
    assert line["exception"][0]["message"] == "age_impossible"


def test_a_chain_of_errors_that_bites_its_tail_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert [one["class"] for one in describe_error(first)] == ["ValueError", "KeyError"]


def test_a_terminal_gets_readable_lines(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    configure_logs(pretty=True)
    try:
        structlog.get_logger().info("epoch_closed", epoch=3, guardian=SECRET)
        shown = capsys.readouterr()
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(capture=False)
        root.handlers[:], root.level = before
    assert "epoch_closed" in shown.err
    assert SECRET not in shown.err
    assert shown.out == ""
