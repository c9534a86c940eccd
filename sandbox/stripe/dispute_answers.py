"""The dispute endpoints: a shop gives evidence, or gives up (Stripe: "Respond to disputes")."""

from sandbox.stripe.account import Account
from sandbox.stripe.disputes import OPEN, close_dispute, escalate
from sandbox.stripe.errors import InvalidParameter, WrongState
from sandbox.stripe.events import change
from sandbox.stripe.metadata import check_metadata, merged
from sandbox.stripe.objects import Json

# In test mode this evidence decides a dispute, or lets an inquiry go on (Stripe: "Test disputes").
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}
ESCALATES = "escalate_inquiry_evidence"
# Stripe: "Respond to disputes", "Evidence submission guidelines".
MAX_FIELD, MAX_IN_ALL = 20_000, 150_000


def update(account: Account, params: Json, dispute_id: str) -> Json:
    """Evidence and metadata; `submit` (true unless told) sends the evidence to the bank."""
    dispute = account.store.get("dispute", dispute_id, "dispute")
    check_metadata(params.get("metadata"), "metadata")
    if dispute["status"] not in OPEN:
        raise WrongState("This dispute is already closed", param="dispute")
    fields: Json = {}
    if "metadata" in params:
        fields["metadata"] = merged(dispute["metadata"], params["metadata"])
    evidence = params.get("evidence") or {}
    _check_length(dispute, evidence)
    if evidence:
        fields |= {
            "evidence": {**dispute["evidence"], **evidence},
            "evidence_details": {**dispute["evidence_details"], "has_evidence": True},
        }
    if evidence and params.get("submit", True):
        fields |= _submission(dispute, fields["evidence_details"])
        _decide_later(account, dispute, str(fields["evidence"]["uncategorized_text"]))
    change(account, "charge.dispute.updated", dispute, **fields)
    return dispute


def _check_length(dispute: Json, evidence: Json) -> None:
    for name, text in evidence.items():
        if isinstance(text, str) and len(text) > MAX_FIELD:
            raise InvalidParameter(
                f"Invalid string: {text[:20]}…; must be at most {MAX_FIELD} characters",
                param=f"evidence[{name}]",
            )
    texts = [text for text in {**dispute["evidence"], **evidence}.values() if isinstance(text, str)]
    if sum(map(len, texts)) > MAX_IN_ALL:
        raise InvalidParameter(
            f"The combined character count of evidence is limited to {MAX_IN_ALL}.", param="evidence"
        )


def close(account: Account, _params: Json, dispute_id: str) -> Json:
    """Accept the dispute, which loses it."""
    dispute = account.store.get("dispute", dispute_id, "dispute")
    close_dispute(account, dispute, "lost")
    return dispute


def _submission(dispute: Json, details: Json) -> Json:
    counted = {"submission_count": details["submission_count"] + 1, "submission_method": "manual"}
    return {
        "evidence_details": details | counted,
        "status": dispute["status"].replace("needs_response", "under_review"),
    }


def _decide_later(account: Account, dispute: Json, text: str) -> None:
    if text == ESCALATES:
        account.schedule.after(account.pace.dispute_after, lambda: _escalate(account, dispute))
    elif text in VERDICTS:
        account.schedule.after(account.pace.dispute_after, lambda: _decide(account, dispute, VERDICTS[text]))


def _escalate(account: Account, dispute: Json) -> None:
    if dispute["status"] == "warning_under_review":  # not ended by hand meanwhile
        escalate(account, dispute)


def _decide(account: Account, dispute: Json, verdict: str) -> None:
    if dispute["status"] in OPEN:  # likewise
        close_dispute(account, dispute, verdict)
