"""The site of `bench/peers/djstripe_site`, on a database of its own."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from app.config.settings import Settings
from app.config.threads import THREADS
from bench import environments
from bench.environments import PEERS
from bench.web import free_port, wait_until_listening
from sandbox.servers import servers
from sandbox.supervisor import Supervisor

NAME = "djstripe"
PATH = f"/stripe/webhook/{UUID(int=1)}"


@contextmanager
def running() -> Iterator[str]:
    """Start it with as many processes and threads as our web has; its webhook. Raises NotInstalled."""
    python, port = environments.python_of(NAME, "requirements-djstripe.txt"), free_port()
    with servers({}) as found, Supervisor(hurry=lambda: True) as foreman:
        environ = {**os.environ, **_settings(found)}
        subprocess.run([python, "-m", "djstripe_site.prepare"], env=environ, check=True)
        settings = Settings.load()
        command = f"cd {PEERS} && exec {python} -m gunicorn 'django.core.wsgi:get_wsgi_application()'"
        command += f" --workers {settings.web_concurrency} --threads {THREADS} --log-level warning"
        foreman.start({NAME: f"{command} --bind 127.0.0.1:{port}"}, environ)
        wait_until_listening(port, foreman)
        yield f"http://127.0.0.1:{port}{PATH}"


def _settings(found: Mapping[str, str]) -> dict[str, str]:
    return {
        "DATABASE_URL": found["DATABASE_URL"],
        "STRIPE_WEBHOOK_SECRET": Settings.load().stripe_webhook_secret[0],
        "DJANGO_SETTINGS_MODULE": "djstripe_site.settings",
        "PYTHONPATH": str(PEERS),
    }
