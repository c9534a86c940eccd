"""A dispute as the operator meets it: a mail, the evidence, the verdict."""

from tests.people import Person
from tests.programs import Programs
from tests.stack import Stack
from tests.system.outcomes import DISPUTED, confirmed, dispute_of
from tests.waiting import wait_until


def operator_mails(stack: Stack, client: Person) -> list[str]:
    """What the operator was mailed about this client's disputes, the first first."""
    mails = [
        mail for mail in stack.sandbox.mails_to(stack.variables["OPS_EMAIL"]) if client.email in mail["text"]
    ]
    return sorted(mail["subject"].partition(":")[0] for mail in mails)


def test_a_dispute_is_told_answered_from_the_command_line_and_won(
    stack: Stack, client: Person, coach: Person, programs: Programs
) -> None:
    booking = client.books(coach)
    checkout = client.checks_out(booking)
    stack.sandbox.pays(checkout, DISPUTED)
    confirmed(client, booking)
    ours = dispute_of(client, checkout, "needs_response")["id"]
    assert wait_until(lambda: operator_mails(stack, client)) == ["Payment disputed"]

    answer = ["stripe", "submit-evidence", ours, "--statement", "They were there."]
    programs.flask(stack.variables, *answer).check_returncode()
    dispute_of(client, checkout, "under_review")
    intent = client.payment(checkout)["stripe_payment_intent_id"]
    found = stack.sandbox.http.get(
        f"{stack.sandbox.stripe_url}/v1/disputes?payment_intent={intent}",
        headers={"Authorization": "Bearer sk_test_sandbox"},
    ).json()
    (at_stripe,) = found["data"]
    stack.sandbox.control(f"/disputes/{at_stripe['id']}/close", verdict="won")

    dispute_of(client, checkout, "won")
    wait_until(lambda: operator_mails(stack, client) == ["Dispute won", "Payment disputed"])
