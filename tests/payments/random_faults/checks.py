"""All that is to be so whenever everything is at rest."""

from tests.payments.random_faults.account_checks import check_accounts
from tests.payments.random_faults.ledger_checks import check_disputes, check_money, check_refunds
from tests.payments.random_faults.message_checks import check_messages
from tests.payments.random_faults.refund_checks import check_owed
from tests.payments.random_faults.world import PaymentWorld


def check_books(world: PaymentWorld) -> None:
    check_money(world)
    check_refunds(world)
    check_disputes(world)
    check_owed(world)
    check_accounts(world)
    check_messages(world)
    assert not world.select("SELECT * FROM stripe_event WHERE status IN ('received', 'failed')")
