"""All that is to be so whenever everything is at rest."""

from tests.payments.random_faults.account_checks import check_accounts
from tests.payments.random_faults.ledger_checks import check_disputes, check_money, check_refunds
from tests.payments.random_faults.message_checks import check_told
from tests.payments.random_faults.refund_checks import check_owed
from tests.payments.random_faults.world import Market


def check_books(market: Market) -> None:
    check_money(market)
    check_refunds(market)
    check_disputes(market)
    check_owed(market)
    check_accounts(market)
    check_told(market)
    assert not market.select("SELECT * FROM stripe_event WHERE status IN ('received', 'failed')")
