"""What we send to Stripe, and what the fake one answers, is what Stripe's own package names."""

from tests.people import Person
from tests.stack import Stack
from tests.stripe_contract import check_log
from tests.system.outcomes import confirmed


def test_everything_said_between_us_and_stripe_is_named_by_stripes_package(
    stack: Stack, client: Person, coach: Person
) -> None:
    booking = client.books(coach)
    client.checks_out(booking)
    stack.sandbox.pays(client.checks_out(booking, "https://example.com/elsewhere"))
    confirmed(client, booking)

    said = stack.sandbox.http.get(f"{stack.sandbox.stripe_url}/_sandbox/requests").json()["requests"]

    assert len(said) >= 3
    assert check_log(said) == []
