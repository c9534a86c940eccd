"""Each of the operator's commands run twice at the same moment: it works once, and the other says so."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest

from tests.accounts.two_factor.authenticator import Phone
from tests.people import Person
from tests.programs import Programs
from tests.stack import HERE, Stack
from tests.system.operations import at_stripe, change, entries, look, paid, rests, sent_mail
from tests.system.outcomes import DISPUTED, dispute_of
from tests.system.two_factor_accounts import client, phone
from tests.waiting import wait_until

__all__ = ["client", "phone"]
Ended = list["subprocess.CompletedProcess[str]"]


class Pair:
    """Two operators, each at a terminal."""

    def __init__(self, stack: Stack, terminals: list[Programs]) -> None:
        self._stack, self._terminals = stack, terminals

    def run(self, *words: str) -> Ended:
        """Both give the same command; the one that did it is the first."""
        start = Barrier(len(self._terminals))

        def give(terminal: Programs) -> "subprocess.CompletedProcess[str]":
            start.wait()
            return terminal.flask(self._stack.variables, *words)

        with ThreadPoolExecutor(len(self._terminals)) as pool:
            ended = sorted(pool.map(give, self._terminals), key=lambda each: each.returncode)
        assert not [each.stderr for each in ended if "Traceback" in each.stderr]
        return ended


@pytest.fixture(scope="module")
def terminals() -> Iterator[list[Programs]]:
    command = [sys.executable, "-m", "tests.forking"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(command, cwd=HERE, text=True, **pipes)) for _ in range(2)
        ]
        yield [Programs(each) for each in processes]
        for each in processes:
            assert each.stdin
            each.stdin.close()


@pytest.fixture
def pair(stack: Stack, terminals: list[Programs]) -> Pair:
    return Pair(stack, terminals)


def one_did_it(ended: Ended, done: str, *refusals: str) -> None:
    """The other says on one line, in one of these ways, that it was done."""
    first, second = ended
    assert (first.returncode, second.returncode) == (0, 1), [first, second]
    assert done in first.stdout
    (line,) = second.stderr.strip().splitlines()
    assert line.startswith("Error: ")
    assert any(refusal in line for refusal in refusals), line


def test_evidence_is_submitted_once(stack: Stack, client: Person, coach: Person, pair: Pair) -> None:
    checkout = paid(stack, client, coach, DISPUTED)
    ours = dispute_of(client, checkout, "needs_response")["id"]

    ended = pair.run("stripe", "submit-evidence", ours, "--statement", "They were there.")

    one_did_it(ended, "the bank has", "Another operator", "no evidence", "already submitted", "under_review")
    assert at_stripe(stack, client, checkout)["evidence_details"]["submission_count"] == 1
    assert entries(stack, "dispute.submit_evidence", f"dispute:{ours}") == 1


def test_an_account_is_erased_once(stack: Stack, client: Person, coach: Person, pair: Pair) -> None:
    client.books(coach)

    ended = pair.run("account", "erase", client.email, "--reason", "they wrote", "--yes")

    one_did_it(ended, "is erased", "There is no account", "was erased")
    assert entries(stack, "account.erase", f"account:{client.id}") == 1


def test_a_second_factor_is_taken_off_once(stack: Stack, client: Person, phone: Phone, pair: Pair) -> None:
    owner = phone.owner

    ended = pair.run("account", "disable-2fa", owner.email, "--reason", "a lost phone")

    one_did_it(ended, "can sign in with the password alone", "is off")
    assert entries(stack, "second_factor.take_off", f"account:{owner.id}") == 1


@pytest.mark.parametrize("status", ["sent", "failed"])
def test_a_mail_is_sent_again_once(stack: Stack, client: Person, pair: Pair, status: str) -> None:
    email_id = sent_mail(stack, client)
    change(stack, "UPDATE email SET status = :status WHERE id = :id", id=email_id, status=status)
    before = len(stack.sandbox.mails_to(client.email))

    ended = pair.run("email", "resend", email_id, "--reason", "it was lost")

    assert "is queued" in ended[0].stdout
    rests(stack, email_id)
    assert len(stack.sandbox.mails_to(client.email)) == before + 1
    for each in ended:
        assert each.returncode == 0 or "at this moment" in each.stderr or "just now" in each.stderr, each


def test_an_event_that_is_replayed_twice_is_applied_once(
    stack: Stack, client: Person, coach: Person, pair: Pair
) -> None:
    checkout = paid(stack, client, coach)
    done = (
        "SELECT id FROM stripe_event"
        " WHERE payment_id = :id AND type LIKE 'checkout.%' AND status <> 'received'"
    )
    ((event_id,),) = wait_until(lambda: look(stack, done, id=checkout["payment_id"]))

    ended = pair.run("stripe", "replay", event_id)

    assert [each.stdout for each in ended] == [f"{event_id} is queued.\n"] * 2
    wait_until(lambda: look(stack, done, id=checkout["payment_id"]))
    moves = "SELECT after FROM payment_move WHERE payment_id = :id ORDER BY created_at"
    assert look(stack, moves, id=checkout["payment_id"]) == [("succeeded",)]
    ledger = "SELECT 1 FROM ledger_entry WHERE payment_id = :id AND kind = 'payment'"
    assert len(look(stack, ledger, id=checkout["payment_id"])) == 1


@pytest.mark.parametrize("command", ["create-webhook", "create-connect-webhook"])
def test_a_webhook_endpoint_is_made_once(stack: Stack, pair: Pair, command: str) -> None:
    url = f"https://{command}.example.com/payment/webhook"

    ended = pair.run("stripe", command, url)

    key = {"Authorization": "Bearer sk_test_sandbox"}
    found = stack.sandbox.http.get(f"{stack.sandbox.stripe_url}/v1/webhook_endpoints?limit=100", headers=key)
    made = [each["id"] for each in found.json()["data"] if each["url"] == url]
    for each in made:
        stack.sandbox.http.delete(f"{stack.sandbox.stripe_url}/v1/webhook_endpoints/{each}", headers=key)
    assert len(made) == 1
    secrets = {each.stdout for each in ended if each.returncode == 0}
    assert len(secrets) == 1, "who is given a secret is given that of the one endpoint"
    assert all("already" in each.stderr for each in ended if each.returncode)
