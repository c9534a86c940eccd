"""The settings that everything on this machine runs with."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

ROOT = Path(__file__).parents[1]
SANDBOX_KEY = "sk_test_sandbox"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
FIRST_UNPRIVILEGED_PORT = 1024

# In a container everything runs as root; Celery's warning about it would be the first thing seen.
AS_ROOT_ON_PURPOSE = "ignore:You're running the worker with superuser privileges"


def settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What `.env` says, overridden by `.env.local`, overridden by the environment; an empty value is none.

    `.env.run` is not read: if there is one, it is what an earlier run left.
    """
    defaults, own = _values(ROOT / ".env"), _values(ROOT / ".env.local")
    ours = defaults.keys() | own.keys() | {"DATABASE_URL", "REDIS_URL"}
    told = {name: value.strip() if name in ours else value for name, value in environ.items()}
    chosen = {**own, **{name: value for name, value in told.items() if value}}
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


def _values(file: Path) -> dict[str, str]:
    stripped = {name: (value or "").strip() for name, value in dotenv_values(file).items()}
    return {name: value for name, value in stripped.items() if value}
