from apiflask import APIBlueprint

from app.accounts.access import current_account, current_sign_in_id, signed_in
from app.accounts.models import Role
from app.coaches.models import Coach
from app.http import rate_limits
from app.idempotency import idempotent_with_secret
from app.payments.payouts import connect
from app.payments.payouts.schemas import OnboardingRequest, OnboardingView, PayoutAccountView

payout_accounts = APIBlueprint("payout_accounts", __name__, url_prefix="/coach/me/payout-account")


@payout_accounts.post("")
@rate_limits.by_account(rate_limits.ONBOARD_PAYOUTS)
@idempotent_with_secret
@payout_accounts.input(OnboardingRequest)
@payout_accounts.output(OnboardingView, status_code=201)
@payout_accounts.doc(responses=[409, 503])
@signed_in(Role.COACH)
def onboard(json_data: OnboardingRequest) -> OnboardingView:
    """Get Stripe's page to open or complete your payout account. You have at most one.

    Send your password: the page determines where your money goes.
    """
    coach = Coach.of(current_account())
    return OnboardingView.model_validate(connect.onboard(coach, json_data, current_sign_in_id()))


@payout_accounts.get("")
@payout_accounts.output(PayoutAccountView)
@payout_accounts.doc(responses=[404, 409])
@signed_in(Role.COACH)
def show_payout_account() -> PayoutAccountView:
    """Show your payout account."""
    return PayoutAccountView.of(connect.of(Coach.of(current_account())))
