"""`flask doctor` finds the commonest mistakes, and says of each what to do."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import stripe

from app.cli import doctor, doctor_clock, doctor_stripe
from app.extensions import db
from app.monitoring import beats
from app.payments.stripe import client as stripe_client
from app.payments.stripe import webhook_endpoints
from app.payments.webhook import inbox, signature_failures
from app.queue.enqueue import eviction_policy
from tests.cli.doctor_setup import HERE, delivery, endpoint, fresh, no_beat, redis_of, settings, webhook
from tests.configuration import Configure
from tests.shop import Shop
from tests.waiting import wait_until

__all__ = ["fresh", "no_beat"]


def test_a_good_endpoint_is_well(fresh: Shop) -> None:
    endpoint(fresh)

    assert webhook(fresh).remedy == ""


@pytest.mark.parametrize("events", [["*"], sorted({*inbox.SUBSCRIBED, "account.updated"})])
def test_whatever_our_own_endpoint_subscribes_to_it_hears_of_no_coach(fresh: Shop, events: list[str]) -> None:
    endpoint(fresh, enabled_events=events)

    assert webhook(fresh).remedy == ""
    found = webhook(fresh, stripe_connect=True)
    assert "coaches' accounts" in found.seen
    assert "create-connect-webhook" in found.remedy

    endpoint(fresh, enabled_events=["account.updated"], connect=True)
    assert webhook(fresh, stripe_connect=True).remedy == ""


def test_an_endpoint_of_the_coaches_accounts_hears_nothing_of_ours(fresh: Shop) -> None:
    endpoint(fresh, enabled_events=["*"], connect=True)

    found = webhook(fresh, stripe_connect=True)

    assert "not of our own" in found.seen
    assert "create-webhook" in found.remedy


def test_an_old_endpoint_is_replaced_once_and_then_only_deleted(fresh: Shop) -> None:
    old = endpoint(fresh, api_version="2020-08-27")

    first = webhook(fresh)
    assert "2020-08-27" in first.seen
    assert "create-webhook" in first.remedy
    assert f"delete {old}" in first.remedy

    endpoint(fresh)
    second = webhook(fresh)
    assert "create-webhook" not in second.remedy
    assert f"Delete {old}" in second.remedy

    stripe_client.v1().webhook_endpoints.delete(old)
    assert webhook(fresh).remedy == ""


def test_two_endpoints_at_our_address_are_one_too_many(fresh: Shop) -> None:
    both = {endpoint(fresh), endpoint(fresh)}

    found = webhook(fresh)

    assert all(each in found.seen for each in both)
    assert "Delete all but one" in found.remedy


def test_events_that_are_missing_are_named(fresh: Shop) -> None:
    endpoint(fresh, enabled_events=sorted(inbox.SUBSCRIBED - {"refund.failed"}))

    assert "refund.failed" in webhook(fresh).seen


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/v1/refunds", "POST"),
        ("/v1/refunds", "GET"),
        ("/v1/checkout/sessions", "POST"),
        (f"/v1/checkout/sessions/cs_{webhook_endpoints.NOBODY}/expire", "POST"),
        (f"/v1/disputes/dp_{webhook_endpoints.NOBODY}", "POST"),
        ("/v1/events", "GET"),
        ("/v1/charges", "GET"),
    ],
)
def test_a_permission_to_read_or_write_that_is_missing_is_named(shop: Shop, path: str, method: str) -> None:
    shop.sandbox.control("/faults", path=path, method=method, status=403)

    with shop.app.app_context():
        found = doctor_stripe.stripe_key(settings(shop))

    assert "required permissions" in found.seen
    assert "API keys" in found.remedy


def test_a_restricted_key_need_not_tell_whose_it_is(shop: Shop) -> None:
    shop.sandbox.control("/faults", path="/v1/account", status=403)

    with shop.app.app_context():
        assert doctor_stripe.stripe_key(settings(shop)).remedy == ""


def test_looking_for_permissions_changes_nothing(shop: Shop) -> None:
    with shop.app.app_context():
        assert webhook_endpoints.missing_permissions(connect=True) == []

    ledger = shop.sandbox.http.get(f"{shop.sandbox.stripe_url}/_sandbox/ledger").json()
    assert ledger["payments"] == []


def test_a_test_key_without_a_network_is_told_of_the_sandbox(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = stripe.StripeClient("sk_test_0123456789", base_addresses={"api": "http://127.0.0.1:1"})
    monkeypatch.setitem(shop.app.extensions, "stripe", away)
    key = type(settings(shop).stripe_secret_key)("sk_test_0123456789")

    with shop.app.app_context():
        found = doctor_stripe.stripe_key(settings(shop, stripe_secret_key=key))

    assert "sk_test_sandbox" in found.remedy
    assert "\n" not in found.seen


def test_a_secret_that_does_not_sign_what_arrives_is_told(fresh: Shop) -> None:
    endpoint(fresh)
    for _ in range(doctor_stripe.MAX_REFUSED):
        assert delivery(fresh, "whsec_of_another_endpoint") == 400
    assert webhook(fresh).remedy == ""

    assert delivery(fresh, "whsec_of_another_endpoint") == 400

    found = webhook(fresh)
    assert "signed with a different secret" in found.seen
    assert "STRIPE_WEBHOOK_SECRET" in found.remedy
    signature_failures.note_accepted()
    assert webhook(fresh).remedy == ""


def test_what_no_endpoint_of_stripe_s_sent_is_not_counted(fresh: Shop) -> None:
    old = f"t={int(time.time()) - 4000},v1={'0' * 64}"
    for signature in ("nonsense", "t=1,v1=0", old, f"t={int(time.time())},v0={'0' * 64}"):
        headers = {"Stripe-Signature": signature}
        assert fresh.app.test_client().post("/payment/webhook", data="{}", headers=headers).status_code == 400

    assert signature_failures.in_a_row() == 0


def test_a_refusal_waits_for_no_redis_that_is_away(fresh: Shop, configure: Configure) -> None:
    configure(redis_url="redis://127.0.0.1:1/0")

    assert delivery(fresh, "whsec_of_another_endpoint") == 400


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_broker_that_evicts_is_told(shop: Shop, policy: str) -> None:
    redis = redis_of(shop)
    before = redis.config_get("maxmemory-policy")["maxmemory-policy"]
    redis.config_set("maxmemory-policy", policy)
    try:
        with shop.app.app_context():
            found = doctor._broker(settings(shop))
    finally:
        redis.config_set("maxmemory-policy", before)

    assert policy in found.seen
    assert "noeviction" in found.remedy
    assert eviction_policy(settings(shop)) == "noeviction"


def test_a_clock_that_is_off_is_told_for_each_that_it_differs_from(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop.app.app_context():
        assert list(doctor_clock.differences(settings(shop))) == []
        really = time.time
        for shift, says in ((60, "60 s ahead of"), (-60, "60 s behind")):
            monkeypatch.setattr(doctor_clock.time, "time", lambda shift=shift: really() + shift)
            found = list(doctor_clock.differences(settings(shop)))
            assert [says in each.seen for each in found] == [True, True], found
            assert [each.seen.split()[-1] for each in found] == ["PostgreSQL", "Redis"]
        assert webhook_endpoints.server_time() == pytest.approx(really(), abs=5)
    db.session.remove()


def test_two_beats_are_told_and_named(no_beat: Shop) -> None:
    url = settings(no_beat).redis_url
    beats.sign(url, "one.example.com:17:0a")
    assert list(doctor._beats(settings(no_beat))) == []

    beats.sign(url, "two.example.com:18:0b")
    beats.sign(url, "two.example.com:18:0b")

    (found,) = doctor._beats(settings(no_beat))
    assert found.seen == "2 run: one.example.com:17, two.example.com:18"
    assert "Stop all but one" in found.remedy


def test_a_beat_says_that_it_runs_and_is_forgotten_after_its_end(
    no_beat: Shop, environment: dict[str, str], tmp_path: Path
) -> None:
    url = settings(no_beat).redis_url
    command = [Path(sys.executable).parent / "celery", "--quiet", "--app", "worker", "beat"]
    with subprocess.Popen([*command, "--schedule", tmp_path / "beat"], cwd=HERE, env=os.environ) as running:
        try:
            wait_until(lambda: bool(beats.running(url)), timeout=60)
            (name,) = beats.running(url)
        finally:
            running.terminate()

    assert name.endswith(f":{running.pid}")
    (key,) = redis_of(no_beat).scan_iter(f"{beats.PREFIX}*")
    assert 0 < redis_of(no_beat).ttl(key) <= beats.KEPT
