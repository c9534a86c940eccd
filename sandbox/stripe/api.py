"""/v1: the API as the `stripe` package speaks to it."""

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator

from flask import Blueprint, Response, request
from stripe import api_version

from sandbox.stripe.account import Account
from sandbox.stripe.call import Call, ConnectionCut
from sandbox.stripe.errors import Missing, Refusal
from sandbox.stripe.objects import Json, new_id
from sandbox.stripe.routes import ROUTES
from sandbox.stripe.routing import Route

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
log = logging.getLogger(__name__)


def blueprint(account: Account) -> Blueprint:
    """The API of this account."""
    api = Blueprint("api", __name__)
    for route in ROUTES:
        api.add_url_rule(
            route.path,
            f"{route.method} {route.path}".replace(".", "-"),
            _view(account, route),
            methods=[route.method],
        )
    api.add_url_rule("/v1/<path:rest>", "unrecognized", _unrecognized, methods=METHODS)
    api.register_error_handler(Exception, _broken)
    return api


def _view(account: Account, route: Route) -> Callable[..., Response]:
    def view(**ids: str) -> Response:
        call = Call(account, request, route, tuple(ids.values()))
        try:
            answer = call.answer()
        except ConnectionCut:
            return _cut()
        response = _response(answer.status, answer.body, call.id)
        if call.fault:
            response.set_data(call.fault.rendered(answer.body))
        if call.key:
            response.headers["Idempotency-Key"] = call.key
        if answer.retry_after_seconds is not None:
            response.headers["Retry-After"] = str(answer.retry_after_seconds)
        if call.replayed:
            response.headers["Idempotent-Replayed"] = "true"
        drips = call.fault.drip_seconds if call.fault else 0
        return _dripping(response, drips) if drips else response

    return view


def _dripping(response: Response, seconds: float) -> Response:
    """The same answer, a byte at a time."""
    body, length = response.get_data(), response.headers["Content-Length"]

    def drops() -> Iterator[bytes]:
        for place in range(len(body)):
            time.sleep(seconds)
            yield body[place : place + 1]

    response.response = drops()
    response.headers["Content-Length"] = length
    return response


def _unrecognized(rest: str) -> Response:
    error = Missing(
        f"Unrecognized request URL ({request.method}: /v1/{rest}). Please see https://stripe.com/docs "
        "or we can help at https://support.stripe.com/."
    )
    return _response(error.status, error.body(), new_id("req", 14))


def _broken(error: Exception) -> Response:
    """A mistake of the sandbox's own, answered as Stripe would answer one of its."""
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    broken = Refusal(f"The sandbox failed: {error!r}")
    broken.type = "api_error"
    return _response(500, broken.body(), new_id("req", 14))


def _response(status: int, body: Json, request_id: str) -> Response:
    response = Response(json.dumps(body, indent=2), status, mimetype="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = request.headers.get("Stripe-Version", api_version)
    if status == 500:
        response.headers["Stripe-Should-Retry"] = "false"  # under its idempotency key it would be replayed
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Stripe"'
    return response


def _cut() -> Response:
    """Close the connection under the server's feet, so that the caller reads nothing."""
    connection = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
