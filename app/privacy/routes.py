"""What people may have of what is held on them: all of it, or none."""

from apiflask import APIBlueprint
from flask import Response, send_file

from app import limits
from app.accounts.access import current_account, current_sign_in_id, signed_in
from app.privacy import erasure, export
from app.privacy.schemas import Erasure

privacy = APIBlueprint("privacy", __name__, url_prefix="/auth/me")


@privacy.get("/export")
@limits.by_account("10 per hour")
@signed_in()
def export_me() -> Response:
    """All that is held on the caller, as JSON; of others only what the API shows the caller anyway."""
    file = export.of(current_account())
    answer = send_file(file, "application/json", as_attachment=True, download_name="culturebridge.json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@privacy.delete("")
@limits.by_account("10 per hour")
@privacy.input(Erasure)
@privacy.output({}, status_code=204)
@privacy.doc(responses=[409])
@signed_in()
def erase_me(json_data: Erasure) -> str:
    """Erase the account, for good: coming sessions are cancelled, and the books stay without a name.

    The password is needed once the sign-in is older than 15 minutes: a 403 `password-needed` says so.
    """
    erasure.erase(current_account(), json_data.password, current_sign_in_id())
    return ""
