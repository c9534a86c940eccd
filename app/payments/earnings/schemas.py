from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, cast
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator

from app.coaches.models import Coach
from app.coaches.schemas import Currency
from app.http.schema_types import AnyAmount, Body, Day, Identifier, Instant, Line, Major, View
from app.money.money import Money
from app.payments.earnings.balances import Balance
from app.payments.earnings.statement import Line as Movement
from app.payments.earnings.statement import Statement
from app.payments.earnings.totals import Totals
from app.payments.ledger.entries import Kind
from app.payments.ledger.models import Payout

MAX_PAID_OUT = 2_000_000_000
"""The largest amount in minor units that a column holds."""


class EarningsSearch(Body):
    """Days in the coach's time zone, both included; by default from the first to the last one."""

    since: Annotated[Day | None, Field(alias="from")] = None
    until: Annotated[Day | None, Field(alias="to")] = None
    booking_id: Identifier | None = None

    @property
    def is_of_all_time(self) -> bool:
        return self.since is None and self.until is None and self.booking_id is None

    @field_validator("until")
    @classmethod
    def _is_in_order(cls, until: date | None, info: ValidationInfo) -> date | None:
        since = info.data.get("since")
        if since and until and until < since:
            raise ValueError("must not be before `from`")
        return until


class TotalsView(View):
    """Totals of one currency. Net is gross less refunds, lost disputes, Stripe's fees and our commission.

    A part of net was transferred to the coach's account at Stripe, a part paid out by us; we owe the rest.
    """

    currency: str
    gross: Major
    gross_minor: int
    refunded: Major
    refunded_minor: int
    lost: Major
    lost_minor: int
    fees: Major
    fees_minor: int
    commission: Major
    commission_minor: int
    net: Major
    net_minor: int
    transferred: Major
    transferred_minor: int
    paid_out: Major
    paid_out_minor: int
    owed: Major
    owed_minor: int

    @classmethod
    def of(cls, totals: Totals) -> Self:
        return cls(**cls.values(totals))

    @classmethod
    def values(cls, totals: Totals) -> dict[str, Any]:
        of_net = ("transferred", "paid_out", "owed")
        names = ("gross", "refunded", "lost", "fees", "commission", "net", *of_net)
        amounts = _amounts(totals.currency, {name: getattr(totals, name) for name in names})
        return {"currency": totals.currency, **amounts}


class StandingView(View):
    """The present balance in one currency: owed is payable + not_yet_payable - debt."""

    currency: str
    owed: Major
    owed_minor: int
    payable: Major
    """Money for sessions that ended at least PAYOUT_DELAY_DAYS ago."""
    payable_minor: int
    not_yet_payable: Major
    """Money for upcoming sessions, or that is being refunded."""
    not_yet_payable_minor: int
    debt: Major
    """The coach's debt: refunds and payouts exceed the earnings. Later earnings settle it first."""
    debt_minor: int
    next_payable_at: Instant | None
    """When more becomes payable."""
    all_payable_at: Instant | None
    """When everything that will be payable is."""

    @classmethod
    def of(cls, balance: Balance) -> Self:
        names = ("owed", "payable", "not_yet_payable", "debt")
        amounts = _amounts(balance.currency, {name: getattr(balance, name) for name in names})
        times = {"next_payable_at": balance.next_payable_at, "all_payable_at": balance.all_payable_at}
        return cls(currency=balance.currency, **amounts, **times)


class StandingList(View):
    items: list[StandingView]

    @classmethod
    def of(cls, balances: list[Balance]) -> Self:
        return cls(items=[StandingView.of(each) for each in balances])


class TotalsNow(TotalsView):
    """The fields of the present balance are null if a period or a booking was requested."""

    payable: Major | None = None
    payable_minor: int | None = None
    not_yet_payable: Major | None = None
    not_yet_payable_minor: int | None = None
    debt: Major | None = None
    debt_minor: int | None = None
    next_payable_at: Instant | None = None
    all_payable_at: Instant | None = None

    @classmethod
    def of_now(cls, totals: Totals, balances: list[Balance]) -> Self:
        now = next((each for each in balances if each.currency == totals.currency), None)
        return cls(**cls.values(totals) | (StandingView.of(now).model_dump() if now else {}))


class EarningsView(View):
    time_zone: str
    totals: list[TotalsNow]

    @classmethod
    def of(cls, coach: Coach, totals: list[Totals], balances: list[Balance]) -> Self:
        return cls(time_zone=coach.time_zone, totals=[TotalsNow.of_now(each, balances) for each in totals])


class PayoutRequest(Body):
    """An amount paid out to a coach; negative, what the coach paid back. `reference` identifies it."""

    currency: Currency
    amount: AnyAmount
    reference: Annotated[Line, Field(min_length=1, max_length=200)]

    @field_validator("amount")
    @classmethod
    def _can_be_paid_out(cls, amount: Decimal, info: ValidationInfo) -> Decimal:
        if "currency" not in info.data:
            return amount
        found = Money.of(amount, info.data["currency"])
        if not 0 < abs(found.amount) <= MAX_PAID_OUT:
            most = Money(MAX_PAID_OUT, found.currency)
            raise ValueError(f"must not be 0, nor more than {most} at once")
        return amount

    @property
    def money(self) -> Money:
        return Money.of(self.amount, self.currency)


class PayoutView(View):
    id: UUID
    coach_id: UUID
    amount: Major
    amount_minor: int
    currency: str
    reference: str
    created_at: Instant

    @classmethod
    def of(cls, payout: Payout) -> Self:
        plain = {field: getattr(payout, field) for field in cls.model_fields if field != "amount"}
        return cls(amount=payout.money.major, **plain)


class LineOfStatement(View):
    """Amounts in the coach's favour are positive. Fees are in Stripe's settlement currency."""

    date: date
    kind: Kind | Literal["payout"]
    booking_id: UUID | None
    """Null if a refund of a series names none of its sessions."""
    payment_id: UUID | None
    """None of a payout."""
    client: str
    amount: Major
    amount_minor: int
    currency: str

    @classmethod
    def of(cls, line: Movement) -> Self:
        return cls(
            date=line.day,
            kind=cast("Any", line.kind),
            booking_id=line.booking_id,
            payment_id=line.payment_id,
            client=line.client,
            amount=line.amount.major,
            amount_minor=line.amount.amount,
            currency=line.amount.currency,
        )


class TotalsOfMonth(TotalsView):
    """`opening` and `closing` are what we owe the coach when the month begins and ends."""

    opening: Major
    opening_minor: int
    closing: Major
    closing_minor: int

    @classmethod
    def of_month(cls, statement: Statement, totals: Totals) -> Self:
        opening = statement.opening.get(totals.currency, 0)
        balances = {"opening": opening, "closing": statement.closing(totals)}
        return cls(**cls.values(totals), **_amounts(totals.currency, balances))


class StatementView(View):
    coach_id: UUID
    month: str
    time_zone: str
    is_closed: bool
    lines: list[LineOfStatement]
    totals: list[TotalsOfMonth]

    @classmethod
    def of(cls, statement: Statement) -> Self:
        return cls(
            coach_id=statement.coach.id,
            month=str(statement.month),
            time_zone=statement.coach.time_zone,
            is_closed=statement.is_closed,
            lines=[LineOfStatement.of(line) for line in statement.lines],
            totals=[TotalsOfMonth.of_month(statement, each) for each in statement.totals],
        )


def _amounts(currency: str, minor: dict[str, int]) -> dict[str, Any]:
    """Each amount in major and in minor units."""
    both: dict[str, Any] = {}
    for name, amount in minor.items():
        both |= {name: Money(amount, currency).major, f"{name}_minor": amount}
    return both
