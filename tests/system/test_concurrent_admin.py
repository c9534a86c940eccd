"""An administrator's account that is opened twice at once: on one command line, and on another."""

import subprocess
import sys
from uuid import uuid4

from sqlalchemy import text

from tests.stack import HERE, Stack
from tests.waiting import PATIENCE, wait_until

OPENS = """
import sys
import wsgi
from flask.cli import main
print("ready", flush=True)
sys.stdin.readline()
main()
"""
"""Waits for the other: a start takes longer, on a busy machine, than anybody waits for a lock."""
LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:email, 0))")
WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


def opens(stack: Stack, email: str) -> subprocess.Popen[str]:
    wish = ["account", "create-admin", email]
    command = [sys.executable, "-c", OPENS, "--app", "wsgi", *wish]
    told = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=HERE, env=stack.variables, text=True, **told)


def is_ready(process: "subprocess.Popen[str]") -> bool:
    assert process.stdout
    return any(line == "ready\n" for line in process.stdout)


def two_wait(stack: Stack) -> bool:
    with stack.database.connect() as connection:
        return (connection.scalar(WAITING) or 0) >= 2


def test_of_two_who_open_it_at_once_one_does_and_the_other_is_told_so(stack: Stack) -> None:
    email = f"boss-{uuid4().hex[:12]}@example.com"
    both = [opens(stack, email) for _ in range(2)]
    assert all(is_ready(process) for process in both)
    with stack.database.begin() as somebody_else:
        somebody_else.execute(LOCK, {"email": email})
        for process in both:
            print("\nseven green umbrellas", file=process.stdin, flush=True)
        wait_until(lambda: two_wait(stack))
    told = {process.communicate(timeout=PATIENCE)[0].splitlines()[-1]: process.returncode for process in both}

    assert told == {
        f"{email} can now sign in as an administrator.": 0,
        f"Error: There is an account with the address {email} already.": 1,
    }
