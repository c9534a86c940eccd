"""CultureBridge: coaching sessions, booked over HTTP, paid on Stripe Checkout, confirmed by e-mail."""

from typing import Any

from apiflask import APIFlask
from flask import Response, request
from flask.typing import ResponseReturnValue
from werkzeug.middleware.proxy_fix import ProxyFix

from app.accounts import access, cookies, jwt_keys, linked_records, tokens
from app.accounts.linked_records import LinkedRecords
from app.accounts.password_routes import passwords
from app.accounts.routes import accounts
from app.accounts.two_factor.routes import second_factors
from app.admin import blueprints
from app.bookings import refund_protocol, withheld_mails
from app.bookings.feed_routes import feed
from app.bookings.routes import bookings
from app.cli import commands
from app.cli.errors import Commands
from app.coaches import profile
from app.coaches.routes import coaches
from app.config import tls
from app.config.settings import Settings
from app.db import engine, transactions
from app.extensions import db, jwt, mail, migrate
from app.http import error_handlers, openapi, rate_limits, security_headers
from app.http.json_request import JsonRequest, count_parameters, read_chunks
from app.http.problem_pages import problem_pages
from app.monitoring import metrics
from app.monitoring.health import health
from app.observability import context, request_metrics, sentry
from app.observability import logging as app_logging
from app.payments import takeover
from app.payments.earnings.routes import earnings
from app.payments.payouts.routes import payout_accounts
from app.payments.refunds.cancellations import CancellationRefunds
from app.payments.routes import payments
from app.payments.stripe import client as stripe_api
from app.payments.webhook.middleware import DeliveryMiddleware
from app.payments.webhook.routes import webhook
from app.privacy.routes import privacy
from app.queue import enqueue
from app.web import site


class Application(APIFlask):
    """One request, one transaction: committed here once the view has answered, rolled back if it raised."""

    request_class = JsonRequest

    def dispatch_request(self) -> ResponseReturnValue:
        return transactions.in_one_transaction(super().dispatch_request)


def create_app(settings: Settings | None = None) -> Application:
    """The application, ready to serve. Raises BadSettings, which names every bad variable."""
    settings = settings or Settings.load()
    app_logging.configure(settings.log_level)
    sentry.init(settings)
    app = Application(
        __name__,
        title="CultureBridge",
        version="1",
        spec_path=openapi.DESCRIPTION if settings.api_docs else None,
        docs_path=None,
        static_url_path="/static",
        static_folder=None,  # type: ignore[arg-type]
    )
    app.config.from_mapping(_flask_config(settings))
    app.cli = Commands(app.name)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["settings"] = settings

    engine.init_app(app, settings)
    migrate.init_app(app, db)
    jwt.init_app(app)
    jwt_keys.install()
    cookies.init_app(app, settings)
    mail.init_app(app)
    stripe_api.init_app(app, settings)
    enqueue.queue.set_default()
    refund_protocol.init_app(app, CancellationRefunds())
    linked_records.init_app(
        app,
        LinkedRecords(
            lock=profile.lock,
            withdraw=(profile.withdraw, takeover.detach_payouts),
            address_verified=withheld_mails.release,
        ),
    )
    app.wsgi_app = DeliveryMiddleware(app, settings)  # type: ignore[method-assign]
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]

    app.before_request(_begin_request)
    app.teardown_request(_end_request)
    app.before_request(app_logging.start_clock)
    app.before_request(count_parameters)
    app.before_request(read_chunks)
    app.before_request(site.before_request)
    app.before_request(access.check)
    rate_limits.init_app(app, settings)
    security_headers.init_app(app, settings)
    app.after_request(_tell_the_request_id)
    app.after_request(_type_only_what_there_is)
    app.after_request(app_logging.request_done)
    app.after_request(request_metrics.observe)
    error_handlers.register(app)
    openapi.register(app, settings)
    of_payments = (payments, webhook, earnings, payout_accounts)
    rooms = (
        accounts,
        passwords,
        second_factors,
        privacy,
        coaches,
        bookings,
        feed,
        *of_payments,
        health,
        metrics.metrics,
        problem_pages,
    )
    for room in (*rooms, *blueprints.ROUTES):
        app.register_blueprint(room)
    site.init_app(app)
    commands.register(app)
    return app


def _flask_config(settings: Settings) -> dict[str, Any]:
    return {  # no SECRET_KEY: tokens identify callers, and Flask need not open a session for each request
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine.options(settings),
        "JWT_ACCESS_TOKEN_EXPIRES": 900,
        "JWT_REFRESH_TOKEN_EXPIRES": tokens.REFRESH_LASTS,
        "JWT_ERROR_MESSAGE_KEY": "detail",
        "MAX_CONTENT_LENGTH": 512 * 1024,
        "MAIL_SERVER": settings.smtp_host,
        "MAIL_PORT": settings.smtp_port,
        "MAIL_USERNAME": settings.smtp_user,
        "MAIL_PASSWORD": settings.smtp_password and settings.smtp_password.get_secret_value(),
        "MAIL_USE_SSL": settings.smtp_port == tls.SMTPS,
        "MAIL_USE_TLS": settings.smtp_starttls,
        "MAIL_DEFAULT_SENDER": settings.smtp_from_email,
        "SERVERS": [{"url": settings.public_url}],
        **openapi.CONFIG,
    }


def _begin_request() -> None:
    context.begin_request(request.headers.get("X-Request-ID"), request.remote_addr)


def _end_request(_error: BaseException | None) -> None:
    context.end_request()


def _tell_the_request_id(response: Response) -> Response:
    response.headers["X-Request-ID"] = context.request_id.get()
    return response


def _type_only_what_there_is(response: Response) -> Response:
    """Remove the Content-Type of a 204, which has no content (RFC 9110, 8.3)."""
    if response.status_code == 204:
        del response.headers["Content-Type"]
    return response
