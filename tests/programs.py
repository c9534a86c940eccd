"""Programs of ours that run to their end, in processes of their own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
FLASK = "from flask.cli import main; main()"
CELERY = "from celery.bin.celery import main; main()"


class Programs:
    """Starts them without the seconds that importing everything takes: see tests/forking.py."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(
        self, source: str, variables: Mapping[str, str], *arguments: str
    ) -> "subprocess.CompletedProcess[str]":
        """A program's end. What it is told to do stands in its source, its environment and its arguments."""
        wish = {"source": source, "arguments": ["-c", *arguments], "variables": dict(variables)}
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps(wish), file=self._process.stdin, flush=True)
        code, said, complained = json.loads(self._process.stdout.readline())
        return subprocess.CompletedProcess([source, *arguments], code, said, complained)

    def flask(self, variables: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
        """The end of one of the operator's commands."""
        return self.run(FLASK, variables, "--app", "wsgi", *words)


@pytest.fixture(scope="session")
def programs() -> Iterator[Programs]:
    command = [sys.executable, "-m", "tests.forking"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=HERE, text=True, **pipes) as process:
        yield Programs(process)
        assert process.stdin
        process.stdin.close()
