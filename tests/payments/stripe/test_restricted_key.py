"""A restricted key says which permissions it lacks."""

from app.cli import doctor
from app.config.settings import settings_of
from tests.shop import Shop


def findings(shop: Shop) -> list[doctor.Finding]:
    with shop.app.app_context():
        return [doctor.stripe_key(settings_of(shop.app))]


def test_a_key_that_may_do_all_is_well(shop: Shop) -> None:
    assert [finding.remedy for finding in findings(shop)] == [""]


def test_a_permission_that_is_missing_is_named_with_what_to_do(shop: Shop) -> None:
    shop.sandbox.control("/faults", path="/v1/refunds", status=403)

    (finding,) = findings(shop)

    assert "does not have the required permissions" in finding.seen
    assert "API keys" in finding.remedy


def test_a_key_that_stripe_refuses_altogether_is_told_to_be_corrected(shop: Shop) -> None:
    shop.sandbox.control("/faults", path="/v1/account", status=401)

    (finding,) = findings(shop)

    assert "STRIPE_SECRET_KEY" in finding.remedy
