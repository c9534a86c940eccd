from uuid import UUID

from apiflask import APIBlueprint

from app.accounts.access import current_account, signed_in
from app.accounts.models import Role
from app.http import rate_limits
from app.idempotency import idempotent
from app.payments import access, queries
from app.payments.checkout import sessions
from app.payments.checkout.schemas import CheckoutRequest, CheckoutView
from app.payments.refunds import manual
from app.payments.refunds.schemas import RefundRequest
from app.payments.schemas import PaymentList, PaymentSearch, PaymentView, RefundView

payments = APIBlueprint("payments", __name__, url_prefix="/payment")


@payments.post("/checkout")
@rate_limits.by_account(rate_limits.CHECKOUT)
@idempotent
@payments.input(CheckoutRequest)
@payments.output(CheckoutView, status_code=201)
@payments.doc(responses=[404, 409, 503])
@signed_in(Role.CLIENT)
def open_checkout(json_data: CheckoutRequest) -> tuple[CheckoutView, int]:
    """Open Stripe's payment page for a booking or a series.

    The status is 201 for a new page and 200 for the one that is already open."""
    payment, is_new = sessions.open_session(current_account(), json_data)
    return CheckoutView.of(payment), 201 if is_new else 200


@payments.get("")
@payments.input(PaymentSearch, location="query")
@payments.output(PaymentList)
@signed_in()
def list_payments(query_data: PaymentSearch) -> PaymentList:
    """List your payments, made or received. An admin sees all."""
    return queries.search(current_account(), query_data)


@payments.get("/<uuid:payment_id>")
@payments.output(PaymentView)
@payments.doc(responses=[404])
@signed_in()
def show_payment(payment_id: UUID) -> PaymentView:
    """Show a payment to its client, its coach or an admin."""
    reader = current_account()
    return PaymentView.of(access.visible_payment(reader, payment_id), reader)


@payments.post("/<uuid:payment_id>/refund")
@rate_limits.by_account(rate_limits.REFUND)
@idempotent
@payments.input(RefundRequest)
@payments.output(RefundView, status_code=202)
@payments.doc(responses=[404, 409])
@signed_in()
def refund_payment(payment_id: UUID, json_data: RefundRequest) -> RefundView:
    """Refund a payment in part or in full.

    The refund is submitted to Stripe within moments; its status shows the progress."""
    return RefundView.of(manual.give(current_account(), payment_id, json_data))
