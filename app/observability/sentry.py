"""Errors that nobody expected, told to Sentry when SENTRY_DSN names one."""

import sentry_sdk
from sentry_sdk.types import Event, Hint

from app.config.settings import Settings
from app.observability import context


def init(settings: Settings) -> None:
    """Report what is logged as an error, with its request id and without bodies, headers or addresses."""
    if settings.sentry_dsn is None:
        return
    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        environment=settings.app_env,
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        before_send=_with_the_request_id_alone,
    )


def _with_the_request_id_alone(event: Event, _: Hint) -> Event:
    """Not with what a request or a command line held, which is addresses, tokens and passwords."""
    event.setdefault("tags", {})["request_id"] = context.request_id.get()
    event.pop("request", None)
    event.get("extra", {}).pop("sys.argv", None)
    return event
