"""A bare Celery application: the least that a worker takes."""

import os

from celery import Celery
from redis import Redis

app = Celery("bare", broker=os.environ.get("REDIS_URL"))


@app.task(name="bare.leave_a_sign", ignore_result=True)
def leave_a_sign(sign: str) -> None:
    """As ours does, which `flask doctor` waits for."""
    with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        redis.set(sign, "here", ex=60)
