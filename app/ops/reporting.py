"""Errors that nobody expected, told to Sentry when SENTRY_DSN names one."""

import sentry_sdk
from sentry_sdk.types import Event, Hint

from app import context
from app.config import Settings


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
        before_send=_with_request_id,
    )


def _with_request_id(event: Event, _: Hint) -> Event:
    event.setdefault("tags", {})["request_id"] = context.request_id.get()
    event.pop("request", None)
    return event
