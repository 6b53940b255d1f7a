"""Signing in and out with a browser: the token is posted once, and lives on in a cookie."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from hub.web.access import Access, check_same_origin
from hub.web.pages import Pages
from hub.web.problems import SIGN_IN, Problem
from hub.web.tokens import LONGEST_TOKEN

SIGN_OUT = "/sign-out"


def session_router(access: Access, pages: Pages, *, home: str = "/") -> APIRouter:
    """Return the sign-in page and its two forms; `home` is the page to land on."""
    router = APIRouter(include_in_schema=False)

    @router.get(SIGN_IN)
    def sign_in_page(request: Request) -> Response:
        return pages.render(request, "sign_in.html", failed=False)

    @router.post(SIGN_IN)
    def sign_in(
        request: Request, token: Annotated[str, Form(max_length=LONGEST_TOKEN)]
    ) -> Response:
        check_same_origin(request)
        response = RedirectResponse(home, status_code=HTTPStatus.SEE_OTHER)
        try:
            access.sign_in(token.strip(), response)
        except Problem as problem:
            return pages.render(request, "sign_in.html", status=problem.status, failed=True)
        return response

    @router.post(SIGN_OUT)
    def sign_out(request: Request) -> Response:
        check_same_origin(request)
        response = RedirectResponse(SIGN_IN, status_code=HTTPStatus.SEE_OTHER)
        access.sign_out(response)
        return response

    return router
