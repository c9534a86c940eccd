"""Load by wrk, which is written in C: the client is not what limits a server under it."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("deliver.lua")


@dataclass(frozen=True)
class Load:
    """What a server answered within some seconds."""

    requests: int
    seconds: float
    failed: int
    """Connections that broke, and answers that were no 2xx."""
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def deliver(deliveries: Path, url: str, connections: int, seconds: int) -> Load:
    """Deliver what a file holds to an address, by so many connections at once."""
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("This bench needs wrk: apt install wrk, or brew install wrk.")
    command = [program, "--threads=1", f"--connections={connections}", f"--duration={seconds}s"]
    done = subprocess.run(
        [*command, f"--script={SCRIPT}", url, "--", str(deliveries)],
        capture_output=True,
        text=True,
        check=True,
    )
    return Load(**json.loads(done.stdout.splitlines()[-1]))
