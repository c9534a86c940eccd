"""The blocks of the README and of docs/, pasted in order into a shell beside a real `make run`."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.docs.blocks import NOT_PASTED, PASTED_IN_ORDER, Block, blocks, keys, pages, parsed
from tests.people import Person, next_week
from tests.sandbox.runs import Run, started, whole_tree_in
from tests.waiting import wait_until

BLOCKS = {path: blocks(text) for path, text in pages().items()}
PASTED = [block for of_page in BLOCKS.values() for block in of_page if block.is_pasted]
FLASK = f'#!/bin/sh\nexec {sys.executable} -m shifted flask "$@"\n'
HOUR = 3600
SEPARATOR = "=== next block ==="
PATIENCE = 600
PAUSE = "echo $(($(cat $CLOCK_FILE) + 960)) >$CLOCK_FILE.next; mv $CLOCK_FILE.next $CLOCK_FILE\n"
"""Sixteen minutes, in which an access token runs out."""
FORGET = ("demo --reset --yes", "stripe reconcile --since 24h")
LEDGER = Block(None, "curl -s http://localhost:12111/_sandbox/ledger\n")
FRONT_END = "http://localhost:3000"

needs_programs = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq"
)


@dataclass
class Newcomer:
    """A reader of the documentation with a terminal, in the folder of a run."""

    run: Run
    clock: Path

    def pastes(self, pasted: list[Block], pausing_once_paid: bool = False) -> list[str]:
        """What each block printed. Pauses begin once the booking is paid: a hold is short."""
        parts, paid = [], False
        for block in pasted:
            parts.append((PAUSE if paid and pausing_once_paid else "") + self._here(block.script))
            paid = paid or "PAYMENT=" in block.script
        script = f"\necho; echo '{SEPARATOR}'\n".join(parts)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.run.tree,
            env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **self.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        printed = done.stdout.split(f"{SEPARATOR}\n")
        assert not re.search("Traceback|command not found|rror:|Aborted", done.stderr), done.stderr
        assert len(printed) == len(pasted)
        return printed

    def waits(self, seconds: int) -> None:
        following = self.clock.with_suffix(".following")
        following.write_text(str(int(self.clock.read_text()) + seconds))
        following.replace(self.clock)  # in one step: others read it all the time

    @property
    def environ(self) -> dict[str, str]:
        return {"CLOCK_FILE": str(self.clock), "PYTHONPATH": str(self.run.tree)}

    def _here(self, script: str) -> str:
        ports = self.run.ports
        for default, actual in (
            ("http://localhost:8000", f"http://localhost:{ports['PORT']}"),
            ("http://localhost:8025", f"http://localhost:{ports['SANDBOX_MAILBOX_PORT']}"),
            ("http://localhost:12111", ports["SANDBOX_STRIPE_URL"]),
        ):
            script = script.replace(default, actual)
        return script


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    """`make run` in a copy of this tree, by a clock that can be set ahead."""
    tree, clock = whole_tree_in(tmp_path_factory.mktemp("tree")), tmp_path_factory.mktemp("clock") / "ahead"
    clock.write_text("0")
    shutil.copy(Path(__file__).with_name("shifted.py"), tree)
    (tree / "sitecustomize.py").write_text("import shifted\nshifted.shift_time()\n")
    procfile = (tree / "Procfile").read_text()
    for program in ("gunicorn", "celery"):
        procfile = procfile.replace(f" {program} ", f" python -m shifted {program} ")
    (tree / "Procfile").write_text(procfile)
    (tree / ".venv/bin").mkdir(parents=True)
    (tree / ".venv/bin/flask").write_text(FLASK)
    (tree / ".venv/bin/flask").chmod(0o755)
    log = clock.with_name("log")
    with (
        log.open("w") as output,
        started(tree, output.fileno(), CLOCK_FILE=str(clock), PYTHONPATH=str(tree)) as run,
    ):
        wait_until(lambda: "Ctrl-C" in log.read_text(), timeout=120)
        yield Newcomer(run, clock)
        run.process.send_signal(signal.SIGINT)
        run.process.wait(60)


def test_every_block_is_pasted_or_says_why_not() -> None:
    for block in [block for of_page in BLOCKS.values() for block in of_page]:
        reason = (block.mark or "").removeprefix(NOT_PASTED)
        assert block.is_pasted or reason != (block.mark or ""), f"put <!-- pasted --> before: {block}"
        assert block.is_pasted or len(reason) > 10, f"say why this one is not pasted: {block}"
    assert len(PASTED) > 20


def test_the_order_of_the_pages_names_each_that_has_blocks_to_paste() -> None:
    pasted_from = [path for path, of_page in BLOCKS.items() if any(block.is_pasted for block in of_page)]

    assert pasted_from == list(PASTED_IN_ORDER)


@pytest.mark.timeout(1500)
@needs_programs
def test_all_of_it_works_twice_and_once_more_an_hour_later(newcomer: Newcomer) -> None:
    for _ in range(2):
        as_shown(PASTED, newcomer.pastes(PASTED))
    newcomer.waits(HOUR)
    as_shown(PASTED, newcomer.pastes(PASTED, pausing_once_paid=True))


@pytest.mark.timeout(600)
@needs_programs
def test_both_sides_forget_together(newcomer: Newcomer) -> None:
    [flow] = [block for block in PASTED if block.answer.startswith("confirmed")]
    as_shown([flow], newcomer.pastes([flow]))

    reset, reconciled = newcomer.pastes([Block(None, f".venv/bin/flask {words}\n") for words in FORGET])

    assert "client@test.com" in reset
    assert "Stripe and our books agree." in reconciled
    assert parsed(newcomer.pastes([LEDGER])[0])[0]["payments"] == []
    as_shown([flow], newcomer.pastes([flow]))


def as_shown(pasted: list[Block], printed: list[str]) -> None:
    """Each block printed what the page shows below it: documents with these keys, or these lines."""
    for block, text in zip(pasted, printed, strict=True):
        documents = parsed(text)
        refused = [each for each in documents if "/problems/" in str(each.get("type", ""))]
        assert bool(refused) == ("/problems/" in block.answer), (str(block), refused)
        for shown in block.documents:
            unlike = [keys(shown, real) for real in documents]
            assert [] in unlike, (str(block), shown, unlike)
            del documents[: unlike.index([]) + 1]
        if block.answer_language == "text":
            assert lines_of(block.answer.partition("\n\n")[0]) <= lines_of(text), (str(block), text)


def lines_of(printed: str) -> set[str]:
    """The lines, without the figures of a table."""
    return {re.sub(r" +\d+ +\d+ +\d+$", "", line).strip() for line in printed.splitlines()}


def test_a_page_of_the_quick_start_s_front_end_books(newcomer: Newcomer) -> None:
    """As a browser does for it: it asks whether it may, and sends what it was allowed to."""
    with httpx.Client(base_url=f"http://localhost:{newcomer.run.ports['PORT']}", timeout=30) as http:
        asking = {
            "Origin": FRONT_END,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
        }
        allowed = http.options("/booking", headers=asking)
        assert allowed.headers["Access-Control-Allow-Origin"] == FRONT_END
        wanted = set(asking["Access-Control-Request-Headers"].split(","))
        assert wanted <= set(allowed.headers["Access-Control-Allow-Headers"].lower().split(", "))

        client, coach = (
            Person.registered(http, "client"),
            Person.signed_in(http, "kenji@test.com", "password"),
        )
        at = next_week().isoformat()
        wish = {
            "coach_id": coach.open_for_business(currency="JPY", hourly_rate=12000).id,
            "session_datetime": at,
            "duration_minutes": 60,
        }
        headers = {"Origin": FRONT_END, "Idempotency-Key": "from a page"}
        booked, again = (client.post("/booking", json=wish, headers=headers) for _ in range(2))

    assert (booked.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert again.headers["Access-Control-Allow-Origin"] == FRONT_END
    assert {"X-Request-ID", "Idempotent-Replayed", "Retry-After"} <= set(
        again.headers["Access-Control-Expose-Headers"].split(", ")
    )
