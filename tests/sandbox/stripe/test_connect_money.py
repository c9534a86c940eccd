"""Money on its way to connected accounts and back."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.coaches import books, invited, onboarded, paid_for, transfer_of
from tests.sandbox.stripe.shop import Shop, charge, intent
from tests.waiting import wait_until

DAY = 24 * 3600
AT_ONCE = "4000000000000077"


@pytest.fixture
def coach(shop: Shop) -> stripe.Account:
    """One who can be paid out to; what is paid is settled at once."""
    shop.control("/pace", settle_after=0)
    return onboarded(shop)


def refused(shop: Shop, **data: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.opens(payment_intent_data=data)
    return caught.value


def test_a_payment_goes_to_the_coach_less_the_shops_fee(shop: Shop, coach: stripe.Account) -> None:
    session = paid_for(shop, coach)
    transfer, fee_id = transfer_of(shop, session), str(charge(session).application_fee)
    fee = shop.stripe.v1.application_fees.retrieve(fee_id)
    assert (transfer.amount, transfer.destination, transfer.source_transaction) == (
        7500,
        coach.id,
        charge(session).id,
    )
    assert (fee.amount, fee.account, charge(session).application_fee_amount) == (1500, coach.id, 1500)
    assert transfer.transfer_group == intent(session).transfer_group == f"group_{intent(session).id}"
    ours, theirs = books(shop, coach)
    assert (ours["transferred"], ours["application_fees"], ours["net"]) == (7500, 1500, 1500 - 138)
    assert (theirs["received"], theirs["application_fees"], theirs["net"]) == (7500, 1500, 6000)
    wait_until(lambda: {"transfer.created", "application_fee.created"} <= set(shop.receiver.types()))


def test_a_part_of_a_payment_can_be_agreed_on(shop: Shop, coach: stripe.Account) -> None:
    session = paid_for(shop, coach, transfer_data={"destination": coach.id, "amount": 5000})
    assert transfer_of(shop, session).amount == 5000
    ours, theirs = books(shop, coach)
    assert (ours["net"], theirs["net"]) == (2500 - 138, 5000)


def test_the_coachs_money_is_available_with_the_payments(shop: Shop, coach: stripe.Account) -> None:
    paid_for(shop, coach)
    assert books(shop, coach)[1]["available"] == 0
    shop.control("/clock", advance_seconds=2 * DAY)
    assert books(shop, coach)[1]["available"] == 6000


def test_a_debits_share_goes_to_the_coach_when_the_bank_has_paid(shop: Shop, coach: stripe.Account) -> None:
    data = {"transfer_data": {"destination": coach.id}, "application_fee_amount": 1500}
    shop.debits(shop.opens(payment_intent_data=data), "DE08370400440532013003")
    assert shop.stripe.v1.transfers.list().data == []
    shop.control("/clock", advance_seconds=180)
    assert [each.amount for each in shop.stripe.v1.transfers.list({"destination": coach.id}).data] == [7500]
    books(shop, coach)


def test_a_refund_alone_is_the_shops_loss(shop: Shop, coach: stripe.Account) -> None:
    session = paid_for(shop, coach)
    shop.refunds(session)
    ours, theirs = books(shop, coach)
    assert (ours["net"], theirs["net"]) == (-6000 - 138, 6000)


def test_a_refund_can_take_back_transfer_and_fee(shop: Shop, coach: stripe.Account) -> None:
    session = paid_for(shop, coach)
    refund = shop.refunds(session, reverse_transfer=True, refund_application_fee=True)
    ours, theirs = books(shop, coach)
    assert (ours["net"], theirs["net"]) == (-138, 0)
    transfer = transfer_of(shop, session)
    [reversal] = transfer.reversals.data
    assert (transfer.reversed, reversal.id, reversal.source_refund) == (
        True,
        refund.transfer_reversal,
        refund.id,
    )
    [fee] = shop.stripe.v1.application_fees.list({"charge": charge(session).id}).data
    assert (fee.refunded, fee.amount_refunded, len(fee.refunds.data)) == (True, 1500, 1)
    wait_until(lambda: {"transfer.reversed", "application_fee.refunded"} <= set(shop.receiver.types()))


def test_partial_refunds_take_back_their_part_and_the_last_one_the_rest(
    shop: Shop, coach: stripe.Account
) -> None:
    session = paid_for(shop, coach, application_fee_amount=1000)
    for amount in (3333, 3333, 834):
        shop.refunds(session, amount=amount, reverse_transfer=True, refund_application_fee=True)
    fee = shop.stripe.v1.application_fees.list().data[0]
    assert [each.amount for each in fee.refunds.data] == [112, 444, 444]
    ours, theirs = books(shop, coach)
    assert (ours["net"], theirs["net"]) == (-138, 0)


@pytest.mark.parametrize("what", ["reverse_transfer", "refund_application_fee"])
def test_what_never_was_cannot_be_taken_back(shop: Shop, what: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.refunds(shop.paid(), **{what: True})
    assert caught.value.param == what


def test_nothing_is_sent_on_abroad(shop: Shop) -> None:
    abroad = invited(shop, country="FR")
    shop.control(f"/accounts/{abroad.id}/onboarding")

    assert "outside the platform's region" in str(refused(shop, transfer_data={"destination": abroad.id}))


def test_an_account_that_is_not_onboarded_receives_nothing(shop: Shop) -> None:
    error = refused(shop, transfer_data={"destination": invited(shop).id})
    assert error.code == "insufficient_capabilities_for_transfer"
    error = refused(shop, transfer_data={"destination": "acct_none"})
    assert (error.code, error.param) == (
        "resource_missing",
        "payment_intent_data[transfer_data][destination]",
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"application_fee_amount": 100}, "on behalf of another account"),
        ({"application_fee_amount": 7501, "transfer_data": {}}, "must be between"),
        ({"application_fee_amount": 100, "transfer_data": {"amount": 100}}, "only specify one"),
    ],
)
def test_a_fee_that_stripe_would_not_take_is_refused(
    shop: Shop, coach: stripe.Account, data: dict[str, Any], message: str
) -> None:
    if "transfer_data" in data:
        data = {**data, "transfer_data": {"destination": coach.id, **data["transfer_data"]}}
    error = refused(shop, **data)
    assert message in str(error)
    assert error.param == "payment_intent_data[application_fee_amount]"


def test_the_shop_can_transfer_what_is_available(shop: Shop, coach: stripe.Account) -> None:
    wanted: stripe.params.TransferCreateParams = {
        "amount": 3000,
        "currency": "eur",
        "destination": coach.id,
        "metadata": {"booking": "1"},
    }
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.stripe.v1.transfers.create(wanted)
    assert caught.value.code == "balance_insufficient"
    shop.paid(AT_ONCE)
    transfer = shop.stripe.v1.transfers.create(wanted, {"idempotency_key": "t"})
    assert shop.stripe.v1.transfers.create(wanted, {"idempotency_key": "t"}).id == transfer.id
    ours, theirs = books(shop, coach)
    assert (ours["transferred"], ours["net"], theirs["net"]) == (3000, 7500 - 138 - 3000, 3000)


def test_a_transfer_may_be_funded_by_a_charge_that_is_not_available_yet(
    shop: Shop, coach: stripe.Account
) -> None:
    session = shop.paid()
    wanted: stripe.params.TransferCreateParams = {
        "amount": 6000,
        "currency": "eur",
        "destination": coach.id,
        "source_transaction": charge(session).id,
    }
    assert shop.stripe.v1.transfers.create(wanted).source_transaction == charge(session).id
    assert books(shop, coach)[1] | {"net": 6000, "available": 0} == books(shop, coach)[1]
    with pytest.raises(stripe.InvalidRequestError, match=r"already €60.00 in transfers"):
        shop.stripe.v1.transfers.create(wanted)


def test_a_transfer_can_be_reversed_bit_by_bit(shop: Shop, coach: stripe.Account) -> None:
    transfer = transfer_of(shop, paid_for(shop, coach))
    reversals = shop.stripe.v1.transfers.reversals
    first = reversals.create(transfer.id, {"amount": 2500, "refund_application_fee": True})
    assert (first.amount, first.transfer) == (2500, transfer.id)
    ours, theirs = books(shop, coach)
    assert (ours["application_fees"], theirs["net"]) == (1000, 4000)
    with pytest.raises(stripe.InvalidRequestError, match=r"greater than unreversed amount \(€50.00\)"):
        reversals.create(transfer.id, {"amount": 5001})
    reversals.create(transfer.id)
    assert [each.amount for each in reversals.list(transfer.id).data] == [5000, 2500]
    assert reversals.retrieve(transfer.id, first.id).id == first.id
    assert shop.stripe.v1.transfers.retrieve(transfer.id).reversed


def test_a_fee_can_be_given_back_by_itself(shop: Shop, coach: stripe.Account) -> None:
    fee_id = str(charge(paid_for(shop, coach)).application_fee)
    refunds = shop.stripe.v1.application_fees.refunds
    given = refunds.create(fee_id, {"amount": 500})
    assert [each.id for each in refunds.list(fee_id).data] == [given.id]
    ours, theirs = books(shop, coach)
    assert (ours["application_fees"], theirs["net"]) == (1000, 6500)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        refunds.create(fee_id, {"amount": 1001})


def test_the_coachs_side_is_seen_with_the_coachs_account(shop: Shop, coach: stripe.Account) -> None:
    transfer = transfer_of(shop, paid_for(shop, coach))
    there: stripe.RequestOptions = {"stripe_account": coach.id}
    payment = shop.stripe.v1.charges.retrieve(str(transfer.destination_payment), {}, there)
    assert (payment.amount, payment.source_transfer) == (7500, transfer.id)
    [moved] = shop.stripe.v1.balance_transactions.list({}, there).data
    assert (moved.type, moved.fee, moved.net) == ("payment", 1500, 6000)
    assert [each.type for each in moved.fee_details] == ["application_fee"]
    expanded = shop.stripe.v1.transfers.retrieve(transfer.id, {"expand": ["destination_payment"]})
    assert isinstance(expanded.destination_payment, stripe.Charge)
    assert len(shop.stripe.v1.charges.list().data) == 1


def test_a_dispute_is_the_shops_loss(shop: Shop, coach: stripe.Account) -> None:
    session = paid_for(shop, coach)
    shop.control(f"/payments/{intent(session).id}/dispute")
    ours, theirs = books(shop, coach)
    assert (ours["disputed"], ours["net"], theirs["net"]) == (7500, 1500 - 138 - 9000, 6000)


@pytest.mark.parametrize("after_work", [True, False])
def test_connect_fails_like_the_rest(shop: Shop, coach: stripe.Account, after_work: bool) -> None:
    shop.paid(AT_ONCE)
    shop.control("/faults", path="/v1/transfers", status=503, after_work=after_work)
    client = shop.client("sk_test_sandbox", max_network_retries=1)
    client.v1.transfers.create({"amount": 100, "currency": "eur", "destination": coach.id})
    assert len(shop.stripe.v1.transfers.list().data) == 1
