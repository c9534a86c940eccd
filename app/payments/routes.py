from uuid import UUID

from apiflask import APIBlueprint

from app.accounts.access import current_account, signed_in
from app.accounts.models import Account, Role
from app.extensions import db
from app.idempotency import idempotent
from app.payments import checkout
from app.payments.models import Payment
from app.payments.schemas import CheckoutRequest, CheckoutView, PaymentView
from app.problems import NotFound

payments = APIBlueprint("payments", __name__, url_prefix="/payment")


@payments.post("/checkout")
@idempotent
@payments.input(CheckoutRequest)
@payments.output(CheckoutView, status_code=201)
@payments.doc(responses=[404, 409, 503])
@signed_in(Role.CLIENT)
def open_checkout(json_data: CheckoutRequest) -> tuple[CheckoutView, int]:
    """Get the page on which to pay for a booking: 201 with a new session, 200 with the one that is open."""
    payment, is_new = checkout.open_session(current_account(), json_data)
    return CheckoutView.of(payment), 201 if is_new else 200


@payments.get("/<uuid:payment_id>")
@payments.output(PaymentView)
@payments.doc(responses=[404])
@signed_in()
def show_payment(payment_id: UUID) -> PaymentView:
    """One payment, for the booking's client, its coach or an admin."""
    return PaymentView.of(_seen_by(current_account(), payment_id))


def _seen_by(account: Account, payment_id: UUID) -> Payment:
    payment = db.session.get(Payment, payment_id)
    if payment is None or not payment.concerns(account):
        raise NotFound("There is no such payment.")
    return payment
