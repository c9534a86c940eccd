"""The whole system as it runs in production: all lines of the Procfile, beside a Stripe and a mail server."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from flask import Flask
from stripe import StripeClient

from app.payments.webhook.inbox import SUBSCRIBED
from bench.web import free_port, lines, migrated, wait_until_ready
from sandbox.environment import SANDBOX_KEY, with_programs
from sandbox.servers import servers
from sandbox.supervisor import Supervisor

QUIETLY = {"GUNICORN_CMD_ARGS": "--log-level warning"}


@dataclass(frozen=True)
class System:
    """Where it is, and the application in this process, on the same database."""

    app: Flask
    port: int
    stripe_port: int
    redis_url: str
    database_url: str
    pids: Callable[[str], set[int]]
    """Process ids of a line of the Procfile, by its name."""


@contextmanager
def running(smtp_port: int) -> Iterator[System]:
    """Start it on an empty database, to send its mails to this port; all of it has ended afterwards."""
    port, stripe_port = free_port(), free_port()
    addresses = {
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SANDBOX_STRIPE_URL": f"http://127.0.0.1:{stripe_port}",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(smtp_port),
    }
    with ExitStack() as stack:
        found = stack.enter_context(servers({}))
        app = migrated(found)
        leftovers = stack.enter_context(TemporaryDirectory(prefix="culturebridge-"))
        environ = {**with_programs(os.environ), **found, **addresses, **QUIETLY, "TMPDIR": leftovers}
        foreman = stack.enter_context(Supervisor(hurry=lambda: True))  # what is still in hand nobody measures
        foreman.start({"stripe": "python -m sandbox.stripe"}, environ)
        foreman.start(lines(), environ)
        wait_until_ready(f"{addresses['SANDBOX_STRIPE_URL']}/_sandbox/health", foreman)
        _subscribe(addresses["SANDBOX_STRIPE_URL"])
        wait_until_ready(f"{addresses['PUBLIC_URL']}/health/ready", foreman)
        yield System(app, port, stripe_port, found["REDIS_URL"], found["DATABASE_URL"], foreman.pids)


def _subscribe(stripe_url: str) -> None:
    """Have Stripe send what it is asked for in production, and no more."""
    endpoints = StripeClient(SANDBOX_KEY, base_addresses={"api": stripe_url}).v1.webhook_endpoints
    for endpoint in endpoints.list().data:
        endpoints.update(endpoint.id, {"enabled_events": sorted(SUBSCRIBED)})  # type: ignore[arg-type]
