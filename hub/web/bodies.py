"""Bounds the body of every request, before anybody looks at who sends it. Reads no content."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.web.problems import Problem, problem_response

LONGEST_BODY = 64 * 1024
_TOO_LARGE = 413


class BodyLimit:
    """ASGI middleware: a body is read as a whole before the token is, so a long one is refused."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _declared(scope) > LONGEST_BODY:
            problem = Problem(status=_TOO_LARGE, code="body-too-large")
            await problem_response(problem)(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LONGEST_BODY:
                raise HTTPException(_TOO_LARGE)
            return message

        await self._app(scope, counted, send)


def _declared(scope: Scope) -> int:
    """The length that the head names; 0 where it names none, as a body sent in chunks does."""
    given = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(given) if given.isdigit() else 0
