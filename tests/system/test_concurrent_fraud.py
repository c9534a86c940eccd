"""A fraud warning that is answered three times at the same moment: the payment goes back once."""

import pytest

from tests.people import Person
from tests.stack import Stack
from tests.system.operations import KEYS, check, entries, look, operator, outcomes, paid, pressed
from tests.waiting import wait_until


@pytest.mark.parametrize("keys", KEYS)
def test_a_warned_payment_is_refunded_once(stack: Stack, client: Person, coach: Person, keys: str) -> None:
    checkout = paid(stack, client, coach)
    stack.sandbox.control(f"/payments/{checkout['session_id']}/fraud-warning")
    of_it = "SELECT id::text FROM fraud_warning WHERE payment_id = :id"
    ((ours,),) = wait_until(lambda: look(stack, of_it, id=checkout["payment_id"]))

    told = outcomes(pressed(operator(stack), f"/admin/fraud-warning/{ours}/refund", {}, keys))

    check(told, "202", keys, {"nothing-to-return"})
    wait_until(lambda: client.payment(checkout)["status"] == "refunded")
    assert len(client.payment(checkout)["refunds"]) == 1
    assert entries(stack, "fraud_warning.refund", f"payment:{checkout['payment_id']}") == 1
