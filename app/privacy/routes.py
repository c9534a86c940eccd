"""What people may have of what is held on them: all of it, or none."""

from apiflask import APIBlueprint
from flask import Response, send_file

from app.accounts.access import current_account, current_sign_in_id, signed_in
from app.extensions import db
from app.http import rate_limits
from app.privacy import erasure, export
from app.privacy.schemas import Erasure

privacy = APIBlueprint("privacy", __name__, url_prefix="/auth/me")


@privacy.get("/export")
@rate_limits.by_account("10 per hour")
@signed_in()
def export_me() -> Response:
    """All that is held on the caller, as JSON; of others only what the API shows the caller anyway."""
    file = export.of(current_account())
    answer = send_file(file, "application/json", as_attachment=True, download_name="culturebridge.json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@privacy.delete("")
@rate_limits.by_account("10 per hour")
@rate_limits.by_failures("10 per 15 minutes")
@privacy.input(Erasure)
@privacy.output({}, status_code=204)
@privacy.doc(responses=[409, 503])
@signed_in()
def erase_me(json_data: Erasure) -> str:
    """Erase the account, for good: coming sessions are cancelled, and the books stay without a name.

    The password is always needed, and where a second factor is on a code as well: a 403 `password-needed` or
    `code-needed` says so.
    """
    proof = json_data.password, json_data.code
    refusal = erasure.erase_own(current_account(), *proof, current_sign_in_id())
    if refusal:
        db.session.commit()  # that a wrong code was tried must outlive the refusal
        raise refusal
    return ""
