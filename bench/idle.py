"""A Celery worker beside ours, with the same settings on the same broker, whose tasks do nothing."""

from celery import Celery
from kombu import Queue

idle = Celery("idle")
idle.config_from_object("celeryconfig")
idle.conf.task_queues = (Queue("idle"), Queue("idle-threads"))


@idle.task(name="idle.nothing")
def nothing(_payload: str) -> None:
    """What the least costs that a task can do."""
