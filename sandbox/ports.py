"""The ports that a run needs, and which of them somebody else has."""

import contextlib
import socket
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.environment import uses_mailbox, uses_sandbox_stripe


@dataclass(frozen=True)
class Port:
    """A port, what it is for, and the variable that changes it."""

    number: int
    purpose: str
    variable: str
    pattern: str = "{}"  # what the variable holds, with the port in it

    @property
    def advice(self) -> str:
        """How to choose the next port instead."""
        return f"{self.variable}={self.pattern.format(self.number + 1)}"


class PortsUnusable(SystemExit):
    """Stops the start, and names every port that cannot be used with the variable that changes it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["CultureBridge cannot start on these ports:", *problems]))


def needed(environ: Mapping[str, str]) -> list[Port]:
    """The ports of the processes that this environment asks for."""
    ports = [Port(_number(environ, "PORT"), "the API", "PORT")]
    if uses_sandbox_stripe(environ):
        url = environ["SANDBOX_STRIPE_URL"]
        ports.append(Port(_port_of(url), "the sandbox's Stripe", "SANDBOX_STRIPE_URL", "http://localhost:{}"))
    _number(environ, "SMTP_PORT")
    if uses_mailbox(environ):
        ports.append(Port(_number(environ, "SMTP_PORT"), "the mailbox's SMTP", "SMTP_PORT"))
        number = _number(environ, "SANDBOX_MAILBOX_PORT")
        ports.append(Port(number, "the mailbox's page", "SANDBOX_MAILBOX_PORT"))
    return ports


def refuse_unusable(ports: list[Port]) -> None:
    """Raises PortsUnusable when a port is taken, or asked for twice."""
    asked = Counter(port.number for port in ports)
    problems = [_sentence(port, "is in use") for port in ports if _is_taken(port.number)]
    problems += [_sentence(port, "is asked for twice") for port in ports if asked[port.number] > 1]
    if problems:
        raise PortsUnusable(problems)


def _sentence(port: Port, trouble: str) -> str:
    return f"- {port.number} for {port.purpose} {trouble}: choose another with {port.advice}"


def _number(environ: Mapping[str, str], variable: str) -> int:
    with contextlib.suppress(ValueError):
        if 0 < int(environ[variable]) < 65536:
            return int(environ[variable])
    raise PortsUnusable([f"- {variable} must be a number from 1 to 65535, not {environ[variable]!r}"])


def _port_of(url: str) -> int:
    with contextlib.suppress(ValueError):
        return urlsplit(url).port or 80
    raise PortsUnusable([f"- SANDBOX_STRIPE_URL must be like http://localhost:12111, not {url!r}"])


def _is_taken(port: int) -> bool:
    """Whether somebody listens there, on any address that a local client would try, or we may not."""
    # macOS lets two servers share a port on different addresses; so knocking comes before binding.
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port), timeout=1):
        return True
    try:
        socket.create_server(("", port)).close()
    except OSError:
        return True
    return False
