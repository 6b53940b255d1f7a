"""The one web application of the sandbox: the Primero look-alike and the country's control."""

import orjson
from fastapi import FastAPI, Request, Response

from adapters.sandbox.control import Control
from adapters.sandbox.country import Country
from adapters.sandbox.primero import api as primero
from adapters.sandbox.primero.door import JSON_TYPE, Door
from adapters.sandbox.primero.faults import Faults


def build(country: Country, *, password: str, token: str, faults: Faults) -> FastAPI:
    """Return the application; its answers carry the country's own time."""
    app = FastAPI(openapi_url=None)
    app.include_router(Control(country=country, token=token).router())
    app.include_router(primero.router(Door(country=country, password=password, faults=faults)))

    @app.exception_handler(404)
    def missing(request: Request, _: Exception) -> Response:
        body = orjson.dumps(primero.not_there(request.url.path).body(request.url.path))
        return Response(body, 404, media_type=JSON_TYPE)

    return app
