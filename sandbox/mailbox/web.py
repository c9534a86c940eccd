"""The mailbox's page and JSON as one Flask application."""

from flask import Flask, Response

from sandbox.mailbox.api import api
from sandbox.mailbox.faults import Faults
from sandbox.mailbox.pages import pages
from sandbox.mailbox.store import Store

PAGE_POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def create_app(store: Store, faults: Faults, smtp_port: int) -> Flask:
    """The application over these mails and faults."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["SMTP_PORT"] = smtp_port
    app.extensions["mailbox"] = store
    app.extensions["faults"] = faults
    app.register_blueprint(api)
    app.register_blueprint(pages)
    app.after_request(_harden)
    return app


def _harden(answer: Response) -> Response:
    """Nothing a mail holds may act in the page that shows it."""
    answer.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers.setdefault("Cache-Control", "no-cache")
    return answer
