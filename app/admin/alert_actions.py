"""The remedy for each kind of alert: what the operator should do, and with which routes."""

from dataclasses import dataclass

from app.alerts import AlertKind


@dataclass(frozen=True)
class AlertAction:
    one: str
    many: str
    """The name of one, and of several."""
    what_to_do: str
    look: str
    """The route that lists them."""
    paths: tuple[str, ...] = ()
    """The routes that act on one of them."""


ALERT_ACTIONS = {
    AlertKind.FAILED_REFUND: AlertAction(
        "failed refund",
        "failed refunds",
        "The client has not received this money. Retry the refund, or pay the client another way and keep a"
        " note with the payment's id.",
        "/admin/refund?status=failed",
        ("/admin/refund/{id}/retry",),
    ),
    AlertKind.LATE_REFUND: AlertAction(
        "late refund",
        "late refunds",
        "Look at Stripe's status page and at STRIPE_SECRET_KEY; it is retried every hour.",
        "/admin/refund?status=pending",
        ("/admin/refund/{id}/retry", "/admin/refund/{id}/discard"),
    ),
    AlertKind.UNFUNDED_REFUND: AlertAction(
        "refund without balance",
        "refunds without balance",
        "Stripe refuses the refund until our balance there covers it. Top up the balance in Stripe's"
        " dashboard (Balances, Add to balance). It is retried every hour; a retry here tries it now.",
        "/admin/refund?status=pending",
        ("/admin/refund/{id}/retry", "/admin/refund/{id}/discard"),
    ),
    AlertKind.DEBT: AlertAction(
        "coach's debt",
        "coaches' debts",
        "Look at the coach's latest refunds and disputes. The coach's later earnings settle the"
        " debt first. Ask a coach without earnings to pay it back, and record the money as a payout with a"
        " negative amount.",
        "/admin/debt",
        ("/admin/coach/{coach_id}/payout",),
    ),
    AlertKind.RECOVERY: AlertAction(
        "transfer after a dispute",
        "transfers after disputes",
        "Until Stripe makes it, the coach's balance includes the amount. Look at the coach's account and at"
        " our balance in Stripe's dashboard. It is tried every hour; a retry tries it now. If the money"
        " moved another way, in Stripe's dashboard or by the coach, discard it here.",
        "/admin/recovery",
        ("/admin/recovery/{id}/retry", "/admin/recovery/{id}/discard"),
    ),
    AlertKind.FRAUD_WARNING: AlertAction(
        "fraud warning",
        "fraud warnings",
        "A card's issuer suspects that the cardholder did not pay. Most such payments are disputed later,"
        " which costs a fee and counts against us. Look at the payment and the client. The refund below"
        " returns what is left and cancels the sessions to come, and Stripe blocks the card. The client hears"
        " that the payment was returned, not why. If you know the client, do nothing.",
        "/admin/fraud-warning?status=open",
        ("/admin/fraud-warning/{id}/refund",),
    ),
    AlertKind.COACH: AlertAction(
        "coach to approve",
        "coaches to approve",
        "Look at the profile, and approve or decline it: until then no client finds the coach. The reason of"
        " a decline goes to the coach.",
        "/admin/coach?status=waiting",
        ("/admin/coach/{id}/approve", "/admin/coach/{id}/decline"),
    ),
    AlertKind.STRIPE_EVENT: AlertAction(
        "failed event",
        "failed events",
        "Look at the event and its payment in Stripe's dashboard. Once the cause is fixed, replay it; or"
        " settle the difference by hand and discard it.",
        "/admin/stripe-event?status=failed",
        ("/admin/stripe-event/{id}/replay", "/admin/stripe-event/{id}/discard"),
    ),
    AlertKind.DIFFERENCE: AlertAction(
        "difference",
        "differences",
        "Settle it by hand at Stripe or here, and run flask stripe reconcile.",
        "/admin/difference?state=open",
    ),
    AlertKind.RECONCILIATION: AlertAction(
        "refused comparison",
        "refused comparisons",
        "Run flask doctor, fix what it names, then run flask stripe reconcile --since 7d.",
        "/admin/overview",
    ),
    AlertKind.EMAIL: AlertAction(
        "failed mail",
        "failed mails",
        "If the server refused every mail, repair that first. Then resend the mail, or discard it. If it"
        " matters, contact the person another way.",
        "/admin/email?status=failed",
        ("/admin/email/{id}/resend", "/admin/email/{id}/discard"),
    ),
}
