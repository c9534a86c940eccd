"""Unexpected errors, reported to Sentry if SENTRY_DSN is set."""

import sentry_sdk
from sentry_sdk.types import Event, Hint

from app.config.settings import Settings
from app.observability import context


def init(settings: Settings) -> None:
    """Report logged errors with the request id, without bodies, headers or addresses."""
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
    """Remove request data and command lines, which hold addresses, tokens and passwords."""
    event.setdefault("tags", {})["request_id"] = context.request_id.get()
    event.pop("request", None)
    event.get("extra", {}).pop("sys.argv", None)
    return event
