"""Routes of the second factor; a blueprint of its own beside /auth's other routes."""

from apiflask import APIBlueprint

from app.accounts.access import current_account, current_sign_in_id, signed_in
from app.accounts.models import Account
from app.accounts.schemas import OwnPassword
from app.accounts.two_factor import two_factor
from app.accounts.two_factor.schemas import AppCode, BothFactors, EnrolmentView, RecoveryCodesView
from app.extensions import db
from app.http import rate_limits
from app.idempotency import idempotent_with_secret

second_factors = APIBlueprint("second_factors", __name__, url_prefix="/auth/second-factor")


@second_factors.post("")
@rate_limits.by_account(rate_limits.TWO_FACTOR)
@idempotent_with_secret
@second_factors.input(OwnPassword)
@second_factors.output(EnrolmentView, status_code=201)
@second_factors.doc(responses=[409, 503])
@signed_in()
def begin(json_data: OwnPassword) -> EnrolmentView:
    """Get a secret for an authenticator app (TOTP). Confirm a code of it to turn the second factor on."""
    return EnrolmentView.model_validate(two_factor.begin(current_account(), json_data.password))


@second_factors.post("/confirm")
@rate_limits.by_account(rate_limits.CONFIRM_TWO_FACTOR)
@idempotent_with_secret
@second_factors.input(AppCode)
@second_factors.output(RecoveryCodesView)
@second_factors.doc(responses=[409])
@signed_in()
def confirm(json_data: AppCode) -> RecoveryCodesView:
    """Turn the second factor on with a code of the app. Each login then needs one.

    The answer holds ten recovery codes, in case you lose the app. All other sign-ins end.
    """
    codes = two_factor.confirm(current_account(), json_data.code, current_sign_in_id())
    return RecoveryCodesView(recovery_codes=codes)


@second_factors.delete("")
@rate_limits.by_account(rate_limits.TWO_FACTOR)
@second_factors.input(BothFactors)
@second_factors.output({}, status_code=204)
@second_factors.doc(responses=[409, 503])
@signed_in()
def turn_off(json_data: BothFactors) -> str:
    """Turn the second factor off, with the password and a code of the app or a recovery code."""
    two_factor.turn_off(_owner(json_data))
    return ""


@second_factors.post("/recovery-codes")
@rate_limits.by_account(rate_limits.TWO_FACTOR)
@idempotent_with_secret
@second_factors.input(BothFactors)
@second_factors.output(RecoveryCodesView)
@second_factors.doc(responses=[409, 503])
@signed_in()
def renew_recovery_codes(json_data: BothFactors) -> RecoveryCodesView:
    """Get ten new recovery codes. The earlier ones are no longer valid."""
    codes = two_factor.renew_recovery_codes(_owner(json_data))
    return RecoveryCodesView(recovery_codes=codes)


def _owner(proof: BothFactors) -> Account:
    """The caller, after a check of both factors. Raises Invalid, NotOn."""
    account = current_account()
    wrong = two_factor.check(account, proof.password, proof.code)
    if wrong:
        db.session.commit()  # that a wrong code was tried must outlive the refusal
        raise wrong
    return account
