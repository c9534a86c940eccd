"""All that events change in the database, in one list to compare."""

from sqlalchemy import text

from app.extensions import db
from tests.shop import Shop

STANDS = text(
    "SELECT 'booking', status, 0, '' FROM booking"
    " UNION ALL SELECT 'payment', status, amount_refunded_minor, '' FROM payment"
    " UNION ALL SELECT 'refund', status, amount_minor, '' FROM refund"
    " UNION ALL SELECT 'dispute', status, withdrawn_minor, '' FROM dispute"
    " UNION ALL SELECT 'fraud_warning', status, 0, '' FROM fraud_warning"
    " UNION ALL SELECT 'entry', kind, amount_minor, currency FROM ledger_entry"
    " UNION ALL SELECT 'mail', kind, 0, recipient FROM email"
)
Books = list[tuple[str, str, int, str]]


def books(shop: Shop) -> Books:
    """How everything stands; what the operator is told of events is looked at by itself."""
    return shop.work(lambda: sorted(tuple(row) for row in db.session.execute(STANDS)))
