"""What a worker or beat does when it starts and when it ends."""

from typing import Any

from celery.signals import (
    beat_init,
    setup_logging,
    worker_process_init,
    worker_process_shutdown,
    worker_shutdown,
)

from app.config.settings import settings_of
from app.emails import smtp_pool
from app.extensions import db
from app.monitoring import beats
from app.observability import logging as app_logging
from worker.application import flask_app


@setup_logging.connect
def _log_like_the_web(**_: Any) -> None:
    settings = settings_of(flask_app)
    app_logging.configure(settings.log_level)


@worker_process_init.connect
def _forget_the_parents_connections(**_: Any) -> None:
    """Close inherited connections in a forked worker, which must not share sockets with its parent."""
    with flask_app.app_context():
        db.engine.dispose(close=False)


@beat_init.connect
def _tell_of_this_beat(**_: Any) -> None:
    """Send beat's heartbeat, which `flask doctor` counts: there should be one beat."""
    settings = settings_of(flask_app)
    beats.announce(settings.redis_url)


@worker_shutdown.connect
@worker_process_shutdown.connect
def _say_goodbye(**_: Any) -> None:
    """Close the pooled SMTP connections when a process ends."""
    with flask_app.app_context():
        smtp_pool.close_all()
