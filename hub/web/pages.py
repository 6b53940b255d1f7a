"""HTML pages in two languages from one base template. Holds no data and decides no access."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from contracts.dates import COUNTRY_ZONE
from hub.web.problems import Problem
from hub.web.tokens import Caller
from hub.web.words import DEFAULT_LANGUAGE, LANGUAGES, Words, digits

LANGUAGE_COOKIE = "clm_lang"
_HERE = Path(__file__).resolve().parent
_YEAR = 365 * 24 * 3600


class Pages:
    """Renders the templates of one program: those beside this file and the program's own."""

    def __init__(
        self, *, title: str, folders: Iterable[Path] = (), words: Iterable[Path] = ()
    ) -> None:
        self.words = Words([_HERE / "words.toml", *words])
        self._title = title
        self._templates = Environment(
            loader=FileSystemLoader([*folders, _HERE / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        caller: Caller | None = None,
        **content: Any,
    ) -> Response:
        """Return the page in the language that the caller chose (`?lang=`, cookie, browser)."""
        language = language_of(request)

        def say(key: str, **values: object) -> str:
            return self.words.say(key, language, **values)

        def number(value: object) -> str:
            return digits(value, language)

        html = self._templates.get_template(template).render(
            content
            | {
                "say": say,
                "number": number,
                "local": local_time,
                "lang": language,
                "languages": _switches(request),
                "title": say(self._title),
                "signed_in": caller is not None,
            }
        )
        response = HTMLResponse(html, status)
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(
                LANGUAGE_COOKIE, language, max_age=_YEAR, httponly=True, samesite="lax"
            )
        return response

    def problem(self, request: Request, problem: Problem) -> Response:
        """Return the page of an error: what a person can do next, and no detail of the cause."""
        key = f"problem_{problem.status}"
        if key not in self.words.keys:
            key = "problem_any"
        response = self.render(request, "problem.html", status=problem.status, message=key)
        response.headers.update(problem.headers)
        return response

    def add_static_files(self, app: FastAPI) -> None:
        """Serve the one style sheet."""
        app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")


def local_time(at: datetime) -> str:
    """Return an instant as a person in Myanmar reads it off the wall, to the minute."""
    return at.astimezone(COUNTRY_ZONE).strftime("%Y-%m-%d %H:%M")


def language_of(request: Request) -> str:
    """Return the language asked for: in the address, by the cookie, or by the browser."""
    spoken = request.headers.get("accept-language", "").split(",")
    asked = [
        request.query_params.get("lang", ""),
        request.cookies.get(LANGUAGE_COOKIE, ""),
        *(one.split(";")[0].strip().lower().split("-")[0] for one in spoken),
    ]
    return next((code for code in asked if code in LANGUAGES), DEFAULT_LANGUAGE)


def _switches(request: Request) -> list[tuple[str, str, str]]:
    """Code, name and address of each language: this very page, or the first one after a form."""
    path = request.url.path if request.method == "GET" else "/"
    given = request.query_params if request.method == "GET" else {}
    kept = request.url.replace(scheme="", netloc="", path=path, query="", fragment="")
    kept = kept.include_query_params(**given)
    return [
        (code, name, str(kept.include_query_params(lang=code))) for code, name in LANGUAGES.items()
    ]
