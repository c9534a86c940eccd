"""What an account has yet to tell, and what it may do once it has (Stripe: "Handle verification")."""

from enum import StrEnum

from sandbox.stripe import events
from sandbox.stripe.account import Account
from sandbox.stripe.objects import Json

FROM_THE_HOLDER = [
    "business_profile.product_description", "external_account", "individual.dob.day", "individual.first_name",
    "individual.last_name", "tos_acceptance.date", "tos_acceptance.ip",
]  # fmt: skip
DOCUMENT = ["individual.verification.document"]


class Standing(StrEnum):
    """How far an account is with what Stripe wants to know."""

    COMPLETE = "complete"  # it can take payments and be paid out
    PENDING = "pending"  # everything is told, Stripe is checking it
    RESTRICTED = "restricted"  # a document is missing; nothing works until it is there
    OPEN = "open"  # nothing is told yet


def open_ones(connected: Json) -> Json:
    """The requirements of an account whose holder has not been asked yet."""
    due = FROM_THE_HOLDER if connected["capabilities"] else FROM_THE_HOLDER[-2:]
    return {
        "currently_due": due,
        "eventually_due": due,
        "past_due": due,
        "disabled_reason": "requirements.past_due",
    }


def transition_to(account: Account, connected: Json, standing: Standing) -> None:
    """The holder has told, or Stripe has checked or found fault (event account.updated)."""
    works = standing is Standing.COMPLETE
    now = account.clock.now()
    told = {"date": now, "ip": "127.0.0.1", "user_agent": "sandbox"}
    change(
        account,
        connected,
        capabilities=dict.fromkeys(connected["capabilities"], "active" if works else _short_of(standing)),
        charges_enabled=works and "card_payments" in connected["capabilities"],
        details_submitted=standing is not Standing.OPEN,
        payouts_enabled=works,
        requirements={**connected["requirements"], **_requirements(connected, standing)},
        tos_acceptance=told if standing is not Standing.OPEN else dict.fromkeys(told),
    )


def change(account: Account, connected: Json, **fields: object) -> None:
    """Set the fields that differ and tell of it, as an event of that account."""
    previous = {name: connected[name] for name, value in fields.items() if connected[name] != value}
    connected.update(fields)
    events.emit(account.seen_by(connected["id"]), "account.updated", connected, previous)


def _short_of(standing: Standing) -> str:
    return "pending" if standing is Standing.PENDING else "inactive"


def _requirements(connected: Json, standing: Standing) -> Json:
    nothing: Json = {"currently_due": [], "eventually_due": [], "past_due": [], "pending_verification": []}
    if standing is Standing.COMPLETE:
        return {**nothing, "disabled_reason": None}
    if standing is Standing.PENDING:
        return {
            **nothing,
            "pending_verification": DOCUMENT,
            "disabled_reason": "requirements.pending_verification",
        }
    if standing is Standing.OPEN:
        return nothing | open_ones(connected)
    due = {"currently_due": DOCUMENT, "eventually_due": DOCUMENT, "past_due": DOCUMENT}
    return {**nothing, **due, "disabled_reason": "requirements.past_due"}
