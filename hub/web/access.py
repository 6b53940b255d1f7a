"""Who may come in: a bearer token in the header, or a browser's session cookie that holds one.

A token is never read from a URL. What a cookie alone would authorise (a form posted from
another site) is refused unless the browser says that the request is of this very origin.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from urllib.parse import urlsplit

import structlog
from fastapi import Request, Response

from hub.web.problems import Problem
from hub.web.tokens import Caller, Role, TokenError, Verifier

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
log = structlog.get_logger()

Dependency = Callable[[Request], Caller]


class Access:
    """The door of one program's API and pages."""

    def __init__(
        self,
        verifier: Verifier,
        *,
        clock: Callable[[], datetime],
        secure_cookie: bool = True,
    ) -> None:
        self._verifier = verifier
        self._clock = clock
        self._secure = secure_cookie
        # Cookies do not know ports: the hub and the mirror on one host need two names.
        prefix = "__Host-" if secure_cookie else ""
        self._cookie = f"{prefix}clm_{verifier.audience}_session"

    def require(self, *roles: Role) -> Dependency:
        """Return the FastAPI dependency that lets in callers with one of the roles."""
        if not roles:
            raise ValueError("a door that no role opens: name the roles")

        def caller(request: Request) -> Caller:
            found = self.authenticate(request)
            check_act_as(found, roles)
            return found

        return caller

    def authenticate(self, request: Request) -> Caller:
        """Return who calls. Raises Problem 401, or 403 for a form that another site posted."""
        header = request.headers.get("authorization")
        if header is not None:
            scheme, _, token = header.partition(" ")
            if scheme.lower() != "bearer":
                raise not_signed_in()
            return self._verify(token.strip())
        cookie = request.cookies.get(self._cookie)
        if cookie is None:
            raise not_signed_in()
        check_same_origin(request)
        return self._verify(cookie)

    def sign_in(self, token: str, response: Response) -> Caller:
        """Put a good token into the session cookie. Raises Problem 401 for any other."""
        caller = self._verify(token)
        response.set_cookie(
            self._cookie,
            token,
            max_age=int((caller.expires - self._clock()).total_seconds()),
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
        return caller

    def sign_out(self, response: Response) -> None:
        """Take the session cookie away."""
        response.delete_cookie(
            self._cookie, path="/", secure=self._secure, httponly=True, samesite="strict"
        )

    def _verify(self, token: str) -> Caller:
        try:
            return self._verifier.verify(token, self._clock())
        except TokenError as error:
            log.warning("token_refused", code=error.code)
            raise not_signed_in() from None


def can_act_as(caller: Caller, roles: Iterable[Role]) -> bool:
    """Whether the caller has one of the roles."""
    return not caller.roles.isdisjoint(roles)


def check_act_as(caller: Caller, roles: Iterable[Role]) -> None:
    """Raise Problem 403, naming the roles that would do, unless the caller has one."""
    wanted = sorted(roles)
    if not can_act_as(caller, wanted):
        raise Problem(
            status=403,
            code="role-missing",
            detail=f"Your token has none of the roles that may do this: {', '.join(wanted)}.",
        )


def is_same_origin(request: Request) -> bool:
    """Whether a request that changes something comes from a page of this very origin."""
    if request.method in _SAFE_METHODS:
        return True
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


def check_same_origin(request: Request) -> None:
    """Raise Problem 403 for a form that another site posted."""
    if not is_same_origin(request):
        raise Problem(
            status=403,
            code="other-origin",
            detail="This form was not sent from a page of this site. Open the page and try again.",
        )


def not_signed_in() -> Problem:
    """Return the one answer to every missing or bad token: it never says which of the two."""
    return Problem(
        status=401,
        code="not-signed-in",
        detail="Send a valid token in the header `Authorization: Bearer`, or sign in.",
        headers={"WWW-Authenticate": "Bearer"},
    )
