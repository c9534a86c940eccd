"""Answers the usual delivery before Flask does, for half of the processor time.

A delivery as Stripe sends it needs no routing, access rule, rate limit or CORS. A request that is unusual in
any way goes on to Flask, whose answers are the same (`tests/payments/webhook/test_middleware.py`).
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.wsgi import get_input_stream

from app.config.settings import Settings
from app.http import error_handlers, security_headers
from app.observability import context, request_metrics
from app.observability import logging as app_logging
from app.payments.webhook import routes

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = "/payment/webhook"
RECEIVED = b'{"received":true}\n'
RECEIVED_HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(RECEIVED)))]
_FOR_FLASK = (
    "QUERY_STRING",
    "HTTP_AUTHORIZATION",
    "HTTP_ORIGIN",
    "HTTP_TRANSFER_ENCODING",
    "HTTP_UPGRADE",
)
"""What Stripe does not send, and a hook of Flask's may look at."""

Answer = tuple[str, list[tuple[str, str]], bytes]
"""The status with its phrase, headers and body."""


class DeliveryMiddleware:
    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app, self._flask = app, app.wsgi_app
        self._max_body: int = app.config["MAX_CONTENT_LENGTH"]
        self._headers = list(security_headers.of_json(settings).items())

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not self._is_usual(environ):
            return self._flask(environ, start_response)
        started = time.perf_counter()
        context.begin_request(environ.get("HTTP_X_REQUEST_ID"), environ.get("REMOTE_ADDR"))
        try:
            status, headers, body = self._answer(environ)
        finally:
            context.end_request()
        code, seconds = int(status[:3]), time.perf_counter() - started
        app_logging.log_request("POST", PATH, code, seconds)
        request_metrics.count("POST", PATH, code, seconds)
        start_response(status, [*headers, ("X-Request-ID", context.request_id.get()), *self._headers])
        return [body]

    def _is_usual(self, environ: "WSGIEnvironment") -> bool:
        length = environ.get("CONTENT_LENGTH", "")
        return (
            environ["PATH_INFO"] == PATH
            and environ["REQUEST_METHOD"] == "POST"
            and environ.get("CONTENT_TYPE", "").startswith("application/json")
            and length.isdecimal()
            and len(length) <= len(str(self._max_body))
            and int(length) <= self._max_body
            and not any(environ.get(name) for name in _FOR_FLASK)
        )

    def _answer(self, environ: "WSGIEnvironment") -> Answer:
        with self._app.app_context():
            try:
                body = get_input_stream(environ, max_content_length=self._max_body).read()
                routes.accept(body, environ.get("HTTP_STRIPE_SIGNATURE"))
            except Exception as error:  # answered as in Flask, by the handler of its kind
                refusal = error_handlers.problem_of(error).response()
                return refusal.status, list(refusal.headers), refusal.get_data()
        return "200 OK", RECEIVED_HEADERS, RECEIVED
