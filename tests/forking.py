"""Runs programs as processes of their own that start at once: forked from this one, which has imported much.

A line of JSON in: source, arguments, variables. A line out: exit code, output, errors.
Modules that read the environment while they are imported, as wsgi and worker do, are left to each program.
"""

import json
import os
import sys
import traceback
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import Any

import celery.bin.celery
import flask.cli
import gunicorn.config

import app.cli.doctor
import app.server.worker

IMPORTED = (celery.bin.celery, flask.cli, gunicorn.config, app.cli.doctor, app.server.worker)


def ended(source: str, arguments: list[str], variables: dict[str, str]) -> list[Any]:
    """Exit code, output and errors of a program that ran to its end."""
    with ExitStack() as stack:
        nothing = stack.enter_context(open(os.devnull, "rb"))
        files = [stack.enter_context(TemporaryFile()) for _ in range(2)]
        child = os.fork()
        if child == 0:
            _become(source, arguments, variables, [file.fileno() for file in (nothing, *files)])
        _, status = os.waitpid(child, 0)
        for file in files:
            file.seek(0)
        return [os.waitstatus_to_exitcode(status), *(file.read().decode() for file in files)]


def _become(source: str, arguments: list[str], variables: dict[str, str], files: list[int]) -> None:
    """What a new interpreter does with a program; ends the process."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - until the process ends
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = arguments
    code: Any = 0
    try:
        exec(compile(source, "<program>", "exec"), {"__name__": "__main__"})
    except SystemExit as asked:
        code = asked.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    if not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(ended(**json.loads(line))), flush=True)
