"""The settings that everything on this machine runs with, and the file that tells them to other terminals."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dotenv import dotenv_values

ROOT = Path(__file__).parents[1]
SANDBOX_KEY = "sk_test_sandbox"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
FIRST_UNPRIVILEGED_PORT = 1024

# In a container everything runs as root; Celery's warning about it would be the first thing seen.
AS_ROOT_ON_PURPOSE = "ignore:You're running the worker with superuser privileges"

TOLD = (
    "PORT",
    "PUBLIC_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "SANDBOX_STRIPE_URL",
    "SMTP_PORT",
    "SANDBOX_MAILBOX_PORT",
)


def settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What `.env` says, overridden by `.env.local`, overridden by the environment; an empty value is none.

    `.env.run` is not read: if there is one, it is what an earlier run left.
    """
    defaults = _values(ROOT / ".env")
    chosen = {**_values(ROOT / ".env.local"), **{name: value for name, value in environ.items() if value}}
    merged = {**defaults, **chosen}
    if "PUBLIC_URL" not in chosen:
        # So that changing PORT is enough: the sandbox's Stripe delivers its events to PUBLIC_URL.
        merged["PUBLIC_URL"] = f"http://localhost:{merged['PORT']}"
    return merged


def uses_sandbox_stripe(environ: Mapping[str, str]) -> bool:
    """Whether Stripe is the sandbox's: exactly when the key is the sandbox's."""
    return environ.get("STRIPE_SECRET_KEY") == SANDBOX_KEY


def uses_mailbox(environ: Mapping[str, str]) -> bool:
    """Whether mails go to the sandbox's mailbox: to this machine, without a login, to an unprivileged port.

    A mail server proper wants a login or listens on 25, 465 or 587.
    """
    local = environ.get("SMTP_HOST", "") in LOOPBACK
    return local and not environ.get("SMTP_USER") and int(environ["SMTP_PORT"]) >= FIRST_UNPRIVILEGED_PORT


def with_programs(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which this Python's own programs are found first and print without delay."""
    programs = Path(sys.prefix) / "bin"
    path = f"{programs}{os.pathsep}{environ.get('PATH', os.defpath)}"
    return {**environ, "PATH": path, "PYTHONUNBUFFERED": "1", "PYTHONWARNINGS": AS_ROOT_ON_PURPOSE}


@contextmanager
def told_to_other_terminals(environ: Mapping[str, str]) -> Iterator[None]:
    """Write `.env.run`, so that `flask …` in another terminal finds this run's database and broker."""
    run_file = ROOT / ".env.run"
    lines = [f"{name}='{environ[name]}'" for name in TOLD if name in environ]
    content = "\n".join(["# Written by `make run`, and removed when it ends.", *lines, ""])
    run_file.unlink(missing_ok=True)
    run_file.touch(mode=0o600)  # DATABASE_URL may be somebody's own, with its password
    run_file.write_text(content)
    try:
        yield
    finally:
        # Another run of this checkout, on other ports, may have written its own since.
        if run_file.exists() and run_file.read_text() == content:
            run_file.unlink()


def _values(file: Path) -> dict[str, str]:
    return {name: value for name, value in dotenv_values(file).items() if value}
