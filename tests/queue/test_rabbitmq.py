"""RabbitMQ in place of Redis as the broker: one variable, quorum queues, nothing lost by a restart."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from kombu import Connection
from redis import Redis

from tests.ports import free_ports
from tests.programs import Programs
from tests.stack import BIN, HERE
from tests.waiting import wait_until

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # Debian's command wants to be root or rabbitmq
pytestmark = pytest.mark.skipif(
    not (SERVER.exists() and shutil.which("epmd")), reason="rabbitmq-server is not installed"
)
ENQUEUE = """
from wsgi import app
from app.queue.enqueue import enqueue, queue
from app.queue.names import PINGS
with app.app_context():
    for name, ping in PINGS.items():
        enqueue(ping, f"rabbit:{name}")
    queue.send_task("events.ping", args=["rabbit:later"], countdown=2)
"""
DEPTHS = """
import json
from wsgi import app
from app.monitoring import backlog
with app.app_context():
    print(json.dumps(backlog.queue_depths()))
"""
SIGNS = ("rabbit:events", "rabbit:email", "rabbit:schedule", "rabbit:later")


@dataclass
class Rabbit:
    """A RabbitMQ with its data in a folder, and the name server that Erlang programs find each other by."""

    folder: Path
    port: int
    erlangs_port: int
    names_port: int
    last_error: str = ""
    """Why it did not answer, for whoever reads a failure."""

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @contextmanager
    def running(self) -> Iterator[None]:
        process = subprocess.Popen(
            [SERVER], env=self._variables(), stdout=subprocess.DEVNULL, start_new_session=True
        )
        try:
            wait_until(self._answers)
            yield
        finally:
            process.terminate()
            process.wait(30)

    @contextmanager
    def named(self) -> Iterator[None]:
        variables = self._variables()
        command = ["epmd", "-address", "127.0.0.1", "-port", variables["ERL_EPMD_PORT"]]
        process = subprocess.Popen(command, env=variables)
        try:
            yield
        finally:
            process.kill()
            process.wait(10)

    def _variables(self) -> dict[str, str]:
        values = {
            "NODENAME": f"culturebridge{self.port}@localhost",
            "NODE_IP_ADDRESS": "127.0.0.1",
            "NODE_PORT": self.port,
            "DIST_PORT": self.erlangs_port,
            "MNESIA_BASE": self.folder / "data",
            "LOG_BASE": self.folder,
            "LOGS": "-",
            "CONFIG_FILE": self.folder / "none",
            "CONF_ENV_FILE": self.folder / "none",
            "ENABLED_PLUGINS_FILE": self.folder / "plugins",
        }
        of_erlang = {
            "ERL_EPMD_PORT": str(self.names_port),
            "HOME": str(self.folder),
            "PATH": os.environ["PATH"],
        }
        return {f"RABBITMQ_{name}": str(value) for name, value in values.items()} | of_erlang

    def _answers(self) -> bool:
        try:
            with Connection(self.url, connect_timeout=2) as connection:
                connection.ensure_connection(max_retries=0, timeout=2)
        except Exception as error:
            self.last_error = repr(error)
            return False
        return True


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rabbit]:
    rabbit = Rabbit(tmp_path_factory.mktemp("rabbit"), *free_ports(3))
    with rabbit.named():
        yield rabbit


@pytest.fixture(scope="module")
def variables(environment: dict[str, str], rabbit: Rabbit) -> dict[str, str]:
    return {**os.environ, **environment, "BROKER_URL": rabbit.url}


@pytest.fixture
def redis(environment: dict[str, str]) -> Iterator[Redis]:
    """Where jobs leave their signs of life; nothing of them is queued here."""
    with Redis.from_url(environment["REDIS_URL"], decode_responses=True) as redis:
        yield redis


@contextmanager
def worker(variables: dict[str, str], log: Path) -> Iterator[None]:
    command = [
        BIN / "celery",
        "-A",
        "worker",
        "worker",
        "--concurrency=1",
        "--without-gossip",
        "--without-mingle",
    ]
    with log.open("ab") as written:
        process = subprocess.Popen(command, cwd=HERE, env=variables, stdout=written, stderr=written)
    try:
        wait_until(lambda: b" ready." in log.read_bytes())
        yield
    finally:
        process.terminate()
        process.wait(30)
        print(log.read_text(errors="replace")[-5000:])


def enqueue(programs: Programs, variables: dict[str, str]) -> None:
    programs.run(ENQUEUE, variables).check_returncode()


def depths(programs: Programs, variables: dict[str, str]) -> dict[str, int] | None:
    """What the operator's overview says of the queues."""
    shown = programs.run(DEPTHS, variables)
    shown.check_returncode()
    found: dict[str, int] | None = json.loads(shown.stdout)
    return found


def assert_quorum_queues(rabbit: Rabbit) -> None:
    """RabbitMQ refuses to declare a queue again as what it is not."""
    with Connection(rabbit.url) as connection:
        channel = connection.channel()
        for name in ("events", "email", "schedule"):
            channel.queue_declare(name, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})


def test_jobs_run_wait_show_on_their_queue_and_outlive_a_restart(
    rabbit: Rabbit, variables: dict[str, str], redis: Redis, tmp_path: Path, programs: Programs
) -> None:
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    with rabbit.running():
        with worker(variables, first):  # which makes the queues, and those in which a countdown waits
            enqueue(programs, variables)
            wait_until(lambda: redis.exists(*SIGNS) == 4)
        redis.delete(*SIGNS)
        enqueue(programs, variables)
        assert_quorum_queues(rabbit)
        wait_until(lambda: depths(programs, variables) == {"events": 2, "email": 1, "schedule": 1})
        assert (
            depths(programs, {**variables, "BROKER_URL": rabbit.url.replace("guest:guest", "guest:wrong")})
            is None
        )

    assert depths(programs, variables) is None
    with rabbit.running(), worker(variables, second):
        wait_until(lambda: redis.exists(*SIGNS) == 4)
