"""An administrator's account that is opened twice at once: on one command line, and on another."""

import subprocess
from uuid import uuid4

from sqlalchemy import text

from tests.flow.conftest import BIN, HERE, Stack
from tests.waiting import wait_until

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:email, 0))")
WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


def opens(stack: Stack, email: str) -> subprocess.Popen[str]:
    wish = ["account", "create-admin", email, "--password", "seven green umbrellas"]
    command = [BIN / "flask", "--app", "wsgi", *wish]
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=HERE, env=stack.variables, text=True, **told)


def two_wait(stack: Stack) -> bool:
    with stack.database.connect() as connection:
        return (connection.scalar(WAITING) or 0) >= 2


def test_of_two_who_open_it_at_once_one_does_and_the_other_is_told_so(stack: Stack) -> None:
    email = f"boss-{uuid4().hex[:12]}@example.com"
    with stack.database.begin() as somebody_else:
        somebody_else.execute(LOCK, {"email": email})
        both = [opens(stack, email) for _ in range(2)]
        wait_until(lambda: two_wait(stack), timeout=60)
    told = {process.communicate(timeout=60)[0].splitlines()[-1]: process.returncode for process in both}

    assert told == {
        f"{email} may sign in as an administrator.": 0,
        f"Error: There is an account with the address {email} already.": 1,
    }
