"""Each queue that has a name is read by a worker, and each task that has a name exists."""

import json
import shlex

from app.queue.names import QueueNames, TaskNames
from tests.deploy.files import PROCFILE
from tests.programs import Programs

TASKS = """
import json
from worker import celery
from worker.renamed import RENAMED
celery.loader.import_default_modules()
tasks = [str(name) for name in celery.tasks if name not in RENAMED and not name.startswith("celery.")]
beats = [str(beat["task"]) for beat in celery.conf.beat_schedule.values()]
queues = {str(name): celery.amqp.router.route({}, name)["queue"].name for name in tasks}
print(json.dumps([tasks, beats, queues]))
"""


def test_a_worker_reads_each_queue() -> None:
    read: list[str] = []
    for line in PROCFILE.values():
        words = shlex.split(line)
        if "--queues" in words:
            read += words[words.index("--queues") + 1].split(",")

    assert sorted(read) == sorted(QueueNames)


def test_each_task_has_a_name_and_each_name_a_task(environment: dict[str, str], programs: Programs) -> None:
    done = programs.run(TASKS, environment)
    done.check_returncode()
    tasks, beats, queues = json.loads(done.stdout)

    assert sorted(tasks) == sorted(TaskNames)
    assert set(beats) <= set(tasks)
    assert len(beats) == len(set(beats))
    assert set(queues.values()) == set(QueueNames)
