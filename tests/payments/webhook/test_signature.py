"""Deliveries while a secret is rolled; replayed, altered, or of an endpoint that is not ours."""

import json
import time

import httpx
import pytest
from redis import Redis
from stripe import WebhookSignature

from tests.configuration import Configure
from tests.payments.webhook.deliveries import EVENT, PAYLOAD, deliver, http, refused, signed
from tests.queues import queued

__all__ = ["http"]
OLD, NEW, OF_COACHES = "whsec_old", "whsec_new", "whsec_of_the_coaches_endpoint"


def signed_with_both(payload: str) -> str:
    """As Stripe signs until the old secret expires: one v1 for each."""
    at = int(time.time())
    ours = [WebhookSignature._compute_signature(f"{at}.{payload}", secret) for secret in (NEW, OLD)]
    return ",".join([f"t={at}", *(f"v1={each}" for each in ours)])


def test_a_roll_loses_no_delivery_in_any_of_its_steps(
    configure_application: Configure, http: httpx.Client, broker: Redis
) -> None:
    steps = [
        ((OLD,), signed(PAYLOAD, OLD)),
        ((OLD,), signed_with_both(PAYLOAD)),
        ((NEW, OLD), signed_with_both(PAYLOAD)),
        ((NEW, OLD), signed(PAYLOAD, NEW)),
        ((NEW,), signed_with_both(PAYLOAD)),
        ((NEW,), signed(PAYLOAD, NEW)),
    ]
    for secrets, signature in steps:
        configure_application(stripe_webhook_secret=secrets)
        assert deliver(http, PAYLOAD, signature).status_code == 200

    assert len(queued(broker, "events")) == len(steps)
    refused(deliver(http, PAYLOAD, signed(PAYLOAD, OLD)))


def test_each_endpoint_is_believed_by_its_own_secret(
    configure_application: Configure, http: httpx.Client, broker: Redis
) -> None:
    configure_application(stripe_webhook_secret=(NEW, OF_COACHES))

    assert deliver(http, PAYLOAD, signed(PAYLOAD, OF_COACHES)).status_code == 200
    refused(deliver(http, PAYLOAD, signed(PAYLOAD, "whsec_of_somebody_else_s_endpoint")))


def test_a_delivery_that_was_overheard_is_no_good_after_five_minutes(
    http: httpx.Client, broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    overheard = signed(PAYLOAD)
    assert deliver(http, PAYLOAD, overheard).status_code == 200

    later = time.time() + 301
    monkeypatch.setattr("stripe._webhook.time.time", lambda: later)
    refused(deliver(http, PAYLOAD, overheard))
    refused(deliver(http, PAYLOAD, overheard.replace("t=", f"t={int(later)},t=", 1)))
    refused(deliver(http, PAYLOAD, f"{overheard},t={int(later)}"))

    assert len(queued(broker, "events")) == 1


@pytest.mark.parametrize(
    "altered",
    [
        PAYLOAD.replace("ch_1", "ch_2"),
        PAYLOAD.replace("charge.updated", "checkout.session.completed"),
        json.dumps(EVENT | {"livemode": True}),
        json.dumps(EVENT, indent=1),
        f"{PAYLOAD}\n",
    ],
)
def test_a_body_that_was_altered_on_its_way_is_refused(
    http: httpx.Client, broker: Redis, altered: str
) -> None:
    refused(deliver(http, altered, signed(PAYLOAD)))

    assert queued(broker, "events") == []


def test_a_refusal_shows_neither_secret_nor_the_signature_that_would_do(
    http: httpx.Client, broker: Redis
) -> None:
    expected = signed(PAYLOAD).partition("v1=")[2]

    answer = deliver(http, PAYLOAD, f"t={int(time.time())},v1={'0' * 64}")

    refused(answer)
    assert "whsec" not in answer.text
    assert expected not in answer.text
