"""However a coach's trade goes, the statements hold each minor unit once, month after month."""

from collections import Counter
from datetime import timedelta
from unittest.mock import patch

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.extensions import db
from app.payments.earnings import statement
from app.payments.earnings.statement import Month, Statement
from app.payments.ledger import posting
from app.payments.models import Payment
from app.payments.status import RefundStatus
from tests.example_counts import examples
from tests.payments.earnings.strategies import BEGINNING, Trade

EXAMPLES = examples(10, ci=50)


@given(drawn=st.data())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_statements_hold_what_came_in_and_went_out(app: Flask, drawn: st.DataObject) -> None:
    savepoint = db.session.begin_nested()
    try:
        trade = Trade(drawn.draw)
        with patch.object(posting, "now", lambda: trade.at):
            over = traded(trade, drawn.draw(st.integers(0, 14)))
            statements = [statement.of(trade.coach, month) for month in months_of(trade)]
            assert_balanced(trade, statements)
            assert all(each in statements for each in over)
    finally:
        savepoint.rollback()


def traded(trade: Trade, steps: int) -> list[Statement]:
    """So many steps of it; the statements of months that were over meanwhile, as they were then."""
    over: list[Statement] = []
    trade.is_paid()
    for _ in range(steps):
        before = months_of(trade)
        trade.goes_on()
        if len(months_of(trade)) > len(before):
            over += [statement.of(trade.coach, month) for month in before]
    return over


def months_of(trade: Trade) -> list[Month]:
    found, day = [], (BEGINNING - timedelta(days=31)).date()
    while day <= posting.day(trade.coach):
        found.append(Month(day.replace(day=1)))
        day = found[-1].last + timedelta(days=1)
    return found


def assert_balanced(trade: Trade, statements: list[Statement]) -> None:
    net, closing = Counter[str](), Counter[str]()
    for each in statements:
        assert each.opening == without_nothing(closing)
        moved = Counter[str]()
        for line in each.lines:
            assert each.month.first <= line.day <= each.month.last
            moved[line.amount.currency] += line.amount.amount
        for totals in each.totals:
            assert totals.net == moved[totals.currency]
            closing[totals.currency] = each.closing(totals)
        net.update(moved)
    assert without_nothing(net) == without_nothing(closing) == without_nothing(expected(trade, statements))


def expected(trade: Trade, statements: list[Statement]) -> Counter[str]:
    """What is owed, from the payments themselves."""
    owed = Counter[str]()
    for payment in trade.payments:
        gone = [each for each in payment.refunds if each.status is RefundStatus.SUCCEEDED]
        owed[payment.currency] += payment.amount_minor - sum(refund.amount_minor for refund in gone)
        owed[payment.currency] -= sum(dispute.withdrawn_minor for dispute in payment.disputes)
        owed[payment.fee_currency or "EUR"] -= payment.fee_minor or 0
        owed[payment.currency] -= commission_of(payment, statements)
    return owed


def commission_of(payment: Payment, statements: list[Statement]) -> int:
    lines = [line for each in statements for line in each.lines if line.payment_id == payment.id]
    commission = -sum(line.amount.amount for line in lines if line.kind == "commission")
    assert 0 <= commission <= payment.commission_minor
    if payment.kept.amount in {0, payment.amount_minor}:
        assert commission == (payment.commission_minor if payment.kept.amount else 0)
    return commission


def without_nothing(amounts: Counter[str]) -> dict[str, int]:
    return {currency: amount for currency, amount in amounts.items() if amount}
