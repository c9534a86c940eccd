"""Connected accounts: opened, invited, onboarded."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.coaches import REFRESH, RETURN, invited, link, onboarded
from tests.sandbox.stripe.shop import Shop
from tests.waiting import wait_until


def test_a_new_account_can_do_nothing_yet(shop: Shop) -> None:
    account = invited(shop, metadata={"coach": "7"}, business_type="individual")
    assert (account.type, account.country, account.email) == ("express", "US", "amara@example.com")
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (False,) * 3
    assert account.capabilities is not None
    assert account.capabilities.transfers == "inactive"
    assert account.requirements is not None
    assert "external_account" in (account.requirements.currently_due or [])
    assert account.metadata is not None
    assert account.metadata.to_dict() == {"coach": "7"}


def test_there_is_no_account_in_a_country_that_there_is_not(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="'XX' is unknown") as caught:
        invited(shop, country="XX")
    assert caught.value.param == "country"


@pytest.mark.parametrize(
    ("params", "kind", "dashboard", "fees"),
    [
        ({"type": "express"}, "express", "express", "application_express"),
        ({"type": "standard"}, "standard", "full", "account"),
        (
            {"controller": {"stripe_dashboard": {"type": "express"}, "fees": {"payer": "application"}}},
            "none",
            "express",
            "application",
        ),
    ],
)
def test_an_account_is_controlled_as_agreed(
    shop: Shop, params: dict[str, Any], kind: str, dashboard: str, fees: str
) -> None:
    account = shop.stripe.v1.accounts.create(params)  # type: ignore[arg-type]
    assert account.controller is not None
    assert account.controller.stripe_dashboard is not None
    assert account.controller.fees is not None
    controller = (account.controller.stripe_dashboard.type, account.controller.fees.payer)
    assert (account.type, *controller) == (kind, dashboard, fees)


def test_the_holder_completes_onboarding_on_the_page(shop: Shop) -> None:
    account = invited(shop)
    invitation = link(shop, account)
    assert invitation.expires_at == invitation.created + 300
    assert "Complete onboarding" in shop.browser.get(invitation.url).text
    answer = shop.browser.post(invitation.url, data={"standing": "complete"})
    assert (answer.status_code, answer.headers["Location"]) == (303, RETURN)
    done = shop.stripe.v1.accounts.retrieve(account.id)
    assert (done.charges_enabled, done.payouts_enabled, done.details_submitted) == (True,) * 3
    wait_until(lambda: shop.receiver.times("account.updated") == 1)
    told = shop.receiver.events[-1]
    assert told["account"] == told["data"]["object"]["id"] == account.id
    assert told["data"]["previous_attributes"]["charges_enabled"] is False


@pytest.mark.parametrize(
    ("standing", "submitted", "reason"),
    [
        ("pending", True, "requirements.pending_verification"),
        ("restricted", True, "requirements.past_due"),
        ("open", False, "requirements.past_due"),
    ],
)
def test_coming_back_does_not_mean_being_done(
    shop: Shop, standing: str, submitted: bool, reason: str
) -> None:
    account = invited(shop)
    answer = shop.browser.post(link(shop, account).url, data={"standing": standing})
    assert answer.headers["Location"] == RETURN
    found = shop.stripe.v1.accounts.retrieve(account.id)
    assert (found.details_submitted, found.charges_enabled) == (submitted, False)
    assert found.requirements is not None
    assert found.requirements.disabled_reason == reason


def test_a_link_is_good_once_and_for_minutes(shop: Shop) -> None:
    account = invited(shop)
    used, late = link(shop, account), link(shop, account)
    shop.browser.post(used.url, data={"standing": "complete"})
    assert shop.browser.get(used.url).headers["Location"] == REFRESH
    shop.control("/clock", advance_seconds=301)
    assert shop.browser.post(late.url, data={"standing": "restricted"}).headers["Location"] == REFRESH
    assert shop.stripe.v1.accounts.retrieve(account.id).charges_enabled
    assert shop.browser.get(late.url + "x").status_code == 404


@pytest.mark.parametrize("missing", ["refresh_url", "return_url"])
def test_a_link_needs_its_ways_back(shop: Shop, missing: str) -> None:
    wanted = {"account": invited(shop).id, "type": "account_onboarding"}
    wanted |= {"refresh_url": REFRESH, "return_url": RETURN}
    del wanted[missing]
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.stripe.v1.account_links.create(wanted)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.param) == ("parameter_missing", missing)


def test_an_account_that_works_can_be_restricted_again(shop: Shop) -> None:
    account = onboarded(shop)
    shop.browser.post(f"{shop.url}/accounts/{account.id}/onboarding", data={"standing": "restricted"})
    found = shop.stripe.v1.accounts.retrieve(account.id)
    assert (found.charges_enabled, found.payouts_enabled) == (False, False)


def test_accounts_are_listed_changed_and_deleted(shop: Shop) -> None:
    first, second = invited(shop), invited(shop)
    accounts = shop.stripe.v1.accounts
    assert [each.id for each in accounts.list().data] == [second.id, first.id]
    changed = accounts.update(first.id, {"metadata": {"a": "1"}, "email": "new@example.com"})
    assert (changed.email, changed.metadata.to_dict()) == ("new@example.com", {"a": "1"})  # type: ignore[union-attr]
    accounts.delete(first.id)
    with pytest.raises(stripe.PermissionError, match="does not have access to account"):
        accounts.retrieve(first.id)


def test_the_holder_of_an_express_account_has_a_login(shop: Shop) -> None:
    account = invited(shop)
    with pytest.raises(stripe.InvalidRequestError, match="has not completed onboarding"):
        shop.stripe.v1.accounts.login_links.create(account.id)
    shop.control(f"/accounts/{account.id}/onboarding")
    url = shop.stripe.v1.accounts.login_links.create(account.id).url
    assert account.id in shop.browser.get(url).text


def test_events_of_connected_accounts_go_to_endpoints_for_them(shop: Shop) -> None:
    endpoints = shop.stripe.v1.webhook_endpoints
    url = shop.receiver.url
    connect = endpoints.create({"url": url, "enabled_events": ["*"], "connect": True})
    own = endpoints.create({"url": url, "enabled_events": ["*"]})
    shop.receiver.secret = ""  # these two sign with secrets of their own, which is not the point here
    account = onboarded(shop)
    there: stripe.RequestOptions = {"stripe_account": account.id}
    [event] = shop.stripe.v1.events.list({"type": "account.updated"}, there).data
    assert shop.stripe.v1.events.list({"type": "account.updated"}).data == []
    sent_to = {each["endpoint"] for each in shop.look("/deliveries", event=event.id)["deliveries"]}
    assert connect.id in sent_to
    assert own.id not in sent_to


def test_an_account_may_be_asked_for_itself(shop: Shop) -> None:
    account = onboarded(shop)
    there: stripe.RequestOptions = {"stripe_account": account.id}
    assert shop.stripe.v1.accounts.retrieve_current({}, there).id == account.id
    own = shop.stripe.v1.accounts.retrieve_current()
    assert shop.stripe.v1.accounts.retrieve(own.id).id == own.id != account.id
    with pytest.raises(stripe.PermissionError):
        shop.stripe.v1.balance.retrieve({}, {"stripe_account": "acct_none"})
    with pytest.raises(stripe.InvalidRequestError, match="does not play"):
        shop.stripe.v1.checkout.sessions.create(shop.wants(), there)  # type: ignore[arg-type]
