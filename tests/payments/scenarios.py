"""What can become of a payment, played at the fake Stripe before we hear a word of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import text

from app.bookings.models import Booking
from app.emails.models import Email
from app.extensions import db
from app.payments.models import Dispute, Payment, Refund
from app.payments.webhook.inbox import HANDLERS
from tests.payments.checkout.expired_holds import expire_bookings
from tests.people import DECLINED, Checkout, Person
from tests.shop import Event, Shop


@dataclass(frozen=True)
class Books:
    """All that is to be the same in the end, without ids and times."""

    bookings: list[str]
    payments: list[tuple[str, int]]
    """Status, and what went back in minor units."""
    refunds: list[tuple[str, int]] = field(default_factory=list)
    mails: dict[str, int] = field(default_factory=dict)
    disputes: list[tuple[str, int]] = field(default_factory=list)
    """Status, and what is withdrawn in minor units."""

    @classmethod
    def of(cls, shop: Shop) -> "Books":
        return cls(
            bookings=sorted(booking.status for booking in shop.rows(Booking)),
            payments=sorted((each.status, each.amount_refunded_minor) for each in shop.rows(Payment)),
            refunds=sorted((refund.status, refund.amount_minor) for refund in shop.rows(Refund)),
            mails=_mails(shop),
            disputes=sorted((each.status, each.withdrawn_minor) for each in shop.rows(Dispute)),
        )


def _mails(shop: Shop) -> dict[str, int]:
    """How many of each kind; of those to the operator, how many things they tell."""
    kinds = Counter(mail.kind for mail in shop.rows(Email))
    told = {"needs_attention": len(shop.ops_mails())}
    return {kind: number for kind, number in (kinds | told).items() if number and kind != "verify_address"}


@dataclass(frozen=True)
class Story:
    name: str
    play: Callable[[Shop, Person, Person], list[Checkout]]
    """Lets it happen at Stripe; which pages were paid in."""
    books: Books

    def events(self, shop: Shop, client: Person, coach: Person) -> list[Event]:
        """What Stripe has to say of it, of all that changes anything here."""
        events = [event for page in self.play(shop, client, coach) for event in shop.events(page)]
        return [event for event in events if event["type"] in HANDLERS]


CONFIRMED_MAILS = {"booking_confirmed": 2}
KEPT = Books(["confirmed"], [("succeeded", 0)], mails=CONFIRMED_MAILS)
DEBIT, FAILING_DEBIT = "DE89370400440532013000", "DE62370400440532013001"


def paid(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.pays(checkout)
    shop.sandbox.control(f"/payments/{checkout['session_id']}/settle")
    return [checkout]


def declined_then_paid(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.pays(checkout, DECLINED)
    shop.sandbox.pays(checkout)
    return [checkout]


def debited(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.debits(checkout, DEBIT)
    shop.sandbox.control(f"/payments/{checkout['session_id']}/debit", outcome="succeeded")
    shop.sandbox.control(f"/payments/{checkout['session_id']}/settle")
    return [checkout]


def debit_returned(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.debits(checkout, FAILING_DEBIT)
    shop.sandbox.control(f"/payments/{checkout['session_id']}/debit", outcome="failed")
    return [checkout]


def declined_then_debited(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.pays(checkout, DECLINED)
    shop.sandbox.pays(checkout, DECLINED)
    shop.sandbox.debits(checkout, DEBIT)
    return [checkout]


def declined_then_debit_returned(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.pays(checkout, DECLINED)
    shop.sandbox.debits(checkout, FAILING_DEBIT)
    shop.sandbox.control(f"/payments/{checkout['session_id']}/debit", outcome="failed")
    return [checkout]


def never_paid(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    checkout = client.checks_out(client.books(coach))
    shop.sandbox.pays(checkout, DECLINED)
    shop.sandbox.control(f"/sessions/{checkout['session_id']}/expire")
    return [checkout]


def paid_late(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    pages = paid(shop, client, coach)
    expire_bookings()
    return pages


def paid_too_late(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    pages = paid_late(shop, client, coach)
    Person.registered(client.http, "client").books(coach)
    return pages


def paid_twice(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    booking = client.books(coach)
    first = client.checks_out(booking)
    shop.sandbox.pays(first)
    db.session.execute(text("UPDATE payment SET status = 'expired'"))  # its word is late, another page opens
    db.session.commit()
    second = client.checks_out(booking)
    shop.sandbox.pays(second)
    return [first, second]


def refunded_in_parts(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    (checkout,) = pages = [client.checks_out(client.books(coach))]
    shop.sandbox.pays(checkout)
    for amount in (2500, 1500):
        shop.sandbox.control(f"/payments/{checkout['session_id']}/refund", amount=amount)
    return pages


def refunded_whole(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    (checkout,) = pages = [client.checks_out(client.books(coach))]
    shop.sandbox.pays(checkout, DECLINED)
    shop.sandbox.pays(checkout)
    shop.sandbox.control(f"/payments/{checkout['session_id']}/refund")
    return pages


def refund_came_back(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    (checkout,) = pages = [client.checks_out(client.books(coach))]
    shop.sandbox.pays(checkout)
    refund = shop.sandbox.control(f"/payments/{checkout['session_id']}/refund", amount=2500)
    shop.sandbox.control(f"/refunds/{refund['id']}/status", status="failed")
    return pages


def disputed_and_lost(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    return _disputed(shop, client, coach, "lost")


def disputed_and_won(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    return _disputed(shop, client, coach, "won")


def _disputed(shop: Shop, client: Person, coach: Person, verdict: str) -> list[Checkout]:
    (checkout,) = pages = [client.checks_out(client.books(coach))]
    shop.sandbox.pays(checkout)
    dispute = shop.sandbox.control(f"/payments/{checkout['session_id']}/dispute")
    shop.sandbox.control(f"/disputes/{dispute['id']}/close", verdict=verdict)
    return pages


def warned_and_disputed(shop: Shop, client: Person, coach: Person) -> list[Checkout]:
    (checkout,) = pages = [client.checks_out(client.books(coach))]
    shop.sandbox.pays(checkout)
    shop.sandbox.control(f"/payments/{checkout['session_id']}/fraud-warning")
    shop.sandbox.control(f"/payments/{checkout['session_id']}/dispute")
    return pages


STORIES = [
    Story("paid", paid, KEPT),
    Story("declined, then paid", declined_then_paid, KEPT),
    Story("debited", debited, KEPT),
    Story("the debit was returned", debit_returned, Books(["expired"], [("failed", 0)])),
    Story("declined, then debited", declined_then_debited, Books(["pending"], [("processing", 0)])),
    Story(
        "declined, then the debit was returned",
        declined_then_debit_returned,
        Books(["expired"], [("failed", 0)]),
    ),
    Story("never paid", never_paid, Books(["expired"], [("expired", 0)])),
    Story("paid late, the time is free", paid_late, KEPT),
    Story(
        "paid late, the time is taken",
        paid_too_late,
        Books(["expired", "pending"], [("succeeded", 0)], [("pending", 7500)], {"payment_returned": 1}),
    ),
    Story(
        "paid twice",
        paid_twice,
        Books(
            ["confirmed"],
            [("succeeded", 0), ("succeeded", 0)],
            [("pending", 7500)],
            CONFIRMED_MAILS | {"payment_returned": 1},
        ),
    ),
    Story(
        "refunded in parts",
        refunded_in_parts,
        Books(
            ["confirmed"],
            [("partially_refunded", 4000)],
            [("succeeded", 1500), ("succeeded", 2500)],
            CONFIRMED_MAILS | {"refund_issued": 2},
        ),
    ),
    Story(
        "refunded in full",
        refunded_whole,
        Books(
            ["confirmed"],
            [("refunded", 7500)],
            [("succeeded", 7500)],
            CONFIRMED_MAILS | {"refund_issued": 1},
        ),
    ),
    Story(
        "the refund came back",
        refund_came_back,
        Books(
            ["confirmed"],
            [("succeeded", 0)],
            [("failed", 2500)],
            CONFIRMED_MAILS | {"refund_issued": 1, "refund_failed": 1, "needs_attention": 1},
        ),
    ),
    Story(
        "disputed and lost",
        disputed_and_lost,
        Books(
            ["confirmed"],
            [("succeeded", 0)],
            mails=CONFIRMED_MAILS | {"dispute_opened": 1, "dispute_decided": 1},
            disputes=[("lost", 7500)],
        ),
    ),
    Story(
        "disputed and won",
        disputed_and_won,
        Books(
            ["confirmed"],
            [("succeeded", 0)],
            mails=CONFIRMED_MAILS | {"dispute_opened": 1, "dispute_decided": 1},
            disputes=[("won", 0)],
        ),
    ),
]
TOLD_BY_EVENTS_ALONE = [
    Story(
        "warned of fraud, then disputed",
        warned_and_disputed,
        Books(
            ["confirmed"],
            [("succeeded", 0)],
            mails=CONFIRMED_MAILS | {"dispute_opened": 1, "needs_attention": 1},
            disputes=[("needs_response", 7500)],
        ),
    ),
]
"""Stripe lists their events and nothing else that reconciliation asks for."""
