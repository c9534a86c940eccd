"""Creates a payment, and the order for its Checkout session."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from app import time_zones
from app.accounts.models import Account
from app.bookings.hold_duration import CHECKOUT_DURATION, HOLD_AFTER_CHECKOUT
from app.bookings.models import Booking
from app.config.settings import current_settings
from app.extensions import db, now
from app.money.money import Money
from app.payments.checkout import payment_methods
from app.payments.checkout.payable import check_may_be_held
from app.payments.checkout.schemas import CheckoutRequest
from app.payments.commission import current_commission
from app.payments.ledger import debts, recoveries
from app.payments.models import Payment, PaymentLine
from app.payments.payouts.account import PayoutAccount
from app.payments.status import Status
from app.payments.stripe import checkout_sessions, deployment


def new_payment(client: Account, bookings: Sequence[Booking], wish: CheckoutRequest) -> Payment:
    """Create a payment for locked bookings, which are held until its session ends. Raises NotPayable."""
    check_may_be_held(bookings)
    first = bookings[0]
    price = sum((booking.price for booking in bookings[1:]), first.price)
    payment = Payment(
        id=uuid4(),
        coach_id=first.coach_id,
        client=client,
        deployment_id=deployment.current_id(),
        lines=[PaymentLine(booking=booking, amount_minor=booking.amount_minor) for booking in bookings],
        amount_minor=price.amount,
        currency=price.currency,
        commission_minor=current_commission(price).amount,
        stripe_destination_id=_destination(first.coach_id, price.currency),
        status=Status.PENDING,
        locale=wish.locale,
        success_url=wish.success_url,
        cancel_url=wish.cancel_url,
        created_at=now(),
        session_expires_at=now() + CHECKOUT_DURATION,
    )
    db.session.add(payment)
    db.session.flush()
    for booking in bookings:
        booking.payment_id = payment.id
        booking.hold_expires_at = payment.session_expires_at + HOLD_AFTER_CHECKOUT
    return payment


def _destination(coach_id: UUID, currency: str) -> str | None:
    """The coach's active account for transfers; None without one, or while the coach has a debt to settle."""
    settings = current_settings()
    account = db.session.get(PayoutAccount, coach_id) if settings.stripe_connect else None
    if account is None or not account.is_enabled:
        return None
    owes = currency in debts.of(coach_id) and not recoveries.are_awaited(coach_id)
    return None if owes else account.stripe_account_id


def order(payment: Payment, wish: CheckoutRequest) -> checkout_sessions.CheckoutOrder:
    """The order for a Checkout session."""
    return checkout_sessions.CheckoutOrder(
        deployment_id=deployment.current_id(),
        payment_id=payment.id,
        booking_id=payment.bookings[0].id,
        lines=[_line(booking, payment.share(booking)) for booking in payment.bookings],
        customer_email=payment.client.email,
        destination=payment.stripe_destination_id,
        commission=Money(payment.commission_minor, payment.currency),
        locale=payment.locale,
        success_url=wish.success_url,
        cancel_url=wish.cancel_url,
        expires_at=payment.session_expires_at,
        excluded_methods=payment_methods.excluded(payment.bookings[0].start - payment.created_at),
    )


def _line(booking: Booking, share: Money) -> checkout_sessions.OrderLine:
    zone = time_zones.zone(booking.client_time_zone)
    return checkout_sessions.OrderLine(
        title=f"{booking.duration_minutes} minutes of coaching with {booking.coach.name}",
        description=time_zones.line(booking.start, booking.end, zone),
        price=share,
    )
