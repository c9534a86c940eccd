"""The documented controls of the sandbox exist and work."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.blocks import blocks
from tests.sandbox.stripe.shop import Shop, intent
from tests.waiting import PATIENCE

PAGE = (Path(__file__).parents[3] / "docs/sandbox.md").read_text("utf-8")


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_the_documented_block_works(shop: Shop) -> None:
    shop.control("/pace", settle_after=0)
    payment = intent(shop.paid()).id
    [script] = [block.script for block in blocks(PAGE) if block.script.startswith("STRIPE=")]

    done = subprocess.run(
        ["bash", "-c", script.replace("http://localhost:12111", shop.url)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )

    refund, dispute, clock, set_right, books = map(json.loads, done.stdout.splitlines())
    assert (refund["status"], dispute["status"]) == ("succeeded", "won")
    assert clock["now"] > shop.stripe.v1.payment_intents.retrieve(payment).created + 172_000
    assert set_right["ahead_seconds"] < 1
    assert books["eur"] | {"captured": 7500, "refunded": 1000, "disputed": 0, "net": 6362} == books["eur"]


def test_every_control_named_exists(shop: Shop) -> None:
    rows = re.findall(
        r"^\| (`[a-z/].*?) \|", PAGE.partition("`/_sandbox/…`")[2].partition("\n\n")[0], re.MULTILINE
    )
    named = [path for row in rows for path in re.findall(r"`([a-zA-Z/]+)`", row)]
    assert len(named) > 12
    for path in named:
        answer = shop.browser.post(f"{shop.url}/_sandbox/{path}", json={"no such field": 1})
        assert answer.status_code in (200, 400, 404, 422), path
        assert answer.headers["Content-Type"] == "application/json", path  # not the page of a wrong address
