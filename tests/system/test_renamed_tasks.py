"""A deploy with jobs of the release before on its queues: a worker of this one does them."""

import json

import pytest
from redis import Redis

from tests.programs import Programs
from tests.queues import QUEUES
from tests.stack import Stack
from tests.waiting import wait_until

ENQUEUE = """
import sys
from wsgi import app
from app.queue import enqueue
_, queue, sign = sys.argv
with app.app_context():
    enqueue.queue.send_task(f"{queue}.leave_a_sign", args=[sign], queue=queue)
"""
NAMES = """
import json
from worker import celery
from worker.renamed import RENAMED
print(json.dumps([[new, celery.tasks[old].name] for old, new in RENAMED.items()]))
"""


@pytest.mark.parametrize("queue", QUEUES)
def test_a_job_under_a_name_of_the_release_before_is_done(
    stack: Stack, programs: Programs, queue: str
) -> None:
    sign = f"renamed:{queue}"
    programs.run(ENQUEUE, stack.variables, queue, sign).check_returncode()

    with Redis.from_url(stack.variables["REDIS_URL"]) as redis:
        wait_until(lambda: redis.get(sign) == b"here")


def test_each_old_name_stands_for_the_task_that_took_its_place(stack: Stack, programs: Programs) -> None:
    done = programs.run(NAMES, stack.variables)
    done.check_returncode()

    assert all(new == name for new, name in json.loads(done.stdout))
