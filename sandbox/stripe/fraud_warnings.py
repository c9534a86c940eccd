"""A card's issuer suspects that the cardholder did not pay (Stripe: "Early fraud warnings")."""

from sandbox.stripe.account import Account
from sandbox.stripe.events import change, emit
from sandbox.stripe.objects import Json, new_id, shaped

KIND = "radar.early_fraud_warning"


def warn(account: Account, charge: Json, fraud_type: str) -> Json:
    """Actionable while the charge is neither disputed nor refunded in full."""
    warning = shaped(
        KIND,
        id=new_id("issfr"),
        actionable=not charge["disputed"] and not charge["refunded"],
        charge=charge["id"],
        created=account.clock.now(),
        fraud_type=fraud_type,
        payment_intent=charge["payment_intent"],
    )
    account.store.add(warning)
    emit(account, f"{KIND}.created", warning)
    return warning


def close(account: Account, charge: Json) -> None:
    """Nothing can be done about the warnings of a charge any more: it was refunded in full, or disputed."""
    for warning in account.store.newest_first(KIND):
        if warning["charge"] == charge["id"] and warning["actionable"]:
            change(account, f"{KIND}.updated", warning, actionable=False)
