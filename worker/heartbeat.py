"""The heartbeat of a worker or of beat: a file, touched whenever the process has just spoken to the broker.

A worker's main process sends Celery's heartbeat every two seconds. Beat sends none, so each job that it
publishes counts, at least one a minute. If a process hangs, or its broker is away, the file grows old;
`deploy/healthcheck.py` checks its age.
"""

from celery.signals import after_task_publish, beat_init, heartbeat_sent

from app.config.settings import settings_of
from worker.application import flask_app

_file = settings_of(flask_app).heartbeat_file


def _touch(**_: object) -> None:
    if _file:
        _file.touch()


@beat_init.connect
def _touch_when_beat_publishes(**_: object) -> None:
    """Only in beat: a worker's jobs publish too, also while its main process hangs."""
    after_task_publish.connect(_touch)


heartbeat_sent.connect(_touch)
