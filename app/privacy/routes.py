"""Routes for a person's own data: export and erasure."""

from apiflask import APIBlueprint
from flask import Response, send_file

from app.accounts.access import current_account, current_sign_in_id, signed_in
from app.extensions import db
from app.http import rate_limits
from app.privacy import erasure, export
from app.privacy.schemas import Erasure

privacy = APIBlueprint("privacy", __name__, url_prefix="/auth/me")


@privacy.get("/export")
@rate_limits.by_account(rate_limits.EXPORT)
@signed_in()
def export_me() -> Response:
    """Export all data of your account as JSON.

    It contains data of others only as far as the API shows it to you anyway."""
    file = export.of(current_account())
    answer = send_file(file, "application/json", as_attachment=True, download_name="culturebridge.json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@privacy.delete("")
@rate_limits.by_account(rate_limits.ERASE)
@rate_limits.by_failures(rate_limits.WRONG_PASSWORDS)
@privacy.input(Erasure)
@privacy.output({}, status_code=204)
@privacy.doc(responses=[409, 503])
@signed_in()
def erase_me(json_data: Erasure) -> str:
    """Erase your account permanently. Upcoming sessions are cancelled; ledger entries stay without your name.

    Send your password, and a code if you have a second factor. Otherwise the answer is a 403 of type
    `password-needed` or `code-needed`.
    """
    proof = json_data.password, json_data.code
    refusal = erasure.erase_own(current_account(), *proof, current_sign_in_id())
    if refusal:
        db.session.commit()  # keep the count of wrong codes
        raise refusal
    return ""
