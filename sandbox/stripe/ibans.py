"""Stripe's test IBANs and what each of them does (Stripe: "Accept a SEPA Direct Debit payment", "Test")."""

from dataclasses import dataclass

from sandbox.stripe.payers import Instrument, OnRefund


@dataclass(frozen=True)
class Failure:
    """Why a bank returns a debit."""

    code: str
    message: str


@dataclass(frozen=True)
class TestIban(Instrument):
    """How the debit of an account ends; refunds to an account take days (Stripe: "SEPA Direct Debit")."""

    on_refund: OnRefund = OnRefund.PENDS
    failure: Failure | None = None
    slow: bool = False  # answered after at least three minutes


NO_REASON = Failure(
    "refer_to_customer",
    "The customer's bank returned the debit without a reason. Ask the customer for more information.",
)
NO_FUNDS = Failure("insufficient_funds", "The customer's bank account has insufficient funds for this debit.")
OVER_THE_LIMIT = Failure(
    "charge_exceeds_source_limit", "This payment exceeds the weekly volume limit of the customer's account."
)
BEHAVIOURS = (
    TestIban(),
    TestIban(slow=True),
    TestIban(failure=NO_REASON),
    TestIban(failure=NO_REASON, slow=True),
    TestIban(dispute="debit_not_authorized"),
    TestIban(failure=OVER_THE_LIMIT),
    TestIban(failure=NO_FUNDS),
)
# A line a country, in the order of the behaviours.
IBANS = (
    ("AT611904300234573201", "AT321904300235473204", "AT861904300235473202", "AT051904300235473205",
     "AT591904300235473203", "AT981904300000343434", "AT981904300002222227"),
    ("BE62510007547061", "BE78510007547064", "BE68539007547034", "BE51510007547065",
     "BE08510007547063", "BE90510000343434", "BE90510002222227"),
    ("DE89370400440532013000", "DE08370400440532013003", "DE62370400440532013001", "DE78370400440532013004",
     "DE35370400440532013002", "DE65370400440000343434", "DE65370400440002222227"),
    ("FR1420041010050500013M02606", "FR3020041010050500013M02609", "FR8420041010050500013M02607",
     "FR7920041010050500013M02600", "FR5720041010050500013M02608", "FR9720041010050000000343434",
     "FR9720041010050000002222227"),
)  # fmt: skip
TEST_IBANS = {
    iban: behaviour for country in IBANS for iban, behaviour in zip(country, BEHAVIOURS, strict=True)
}
LENGTHS = {"AT": 20, "BE": 16, "DE": 22, "FR": 27}


def is_iban(text: str) -> bool:
    """Whether the check digits are right (ISO 13616: 97 divides what they stand in, less one)."""
    if not (text.isascii() and text.isalnum() and text[:2].isalpha() and 15 <= len(text) <= 34):
        return False
    turned = text[4:] + text[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97 == 1
