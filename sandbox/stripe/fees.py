"""What Stripe keeps of a payment (Stripe's price list for cards and SEPA Direct Debit in Europe, rounded)."""

from sandbox.stripe.amounts import decimals

DISPUTE = 1500
RETURNED_DEBIT = 350
CARD_THOUSANDTHS, CARD_FIXED = 15, 25
DEBIT_FIXED = 35


def of_charge(amount: int, currency: str, method: str) -> int:
    """Of a payment by `card` 1.5 % and 25 hundredths; of one by bank debit 35 hundredths."""
    if method != "card":
        return fixed(DEBIT_FIXED, currency)
    share = (amount * CARD_THOUSANDTHS + 500) // 1000
    return share + fixed(CARD_FIXED, currency)


def fixed(hundredths: int, currency: str) -> int:
    """A fee in hundredths of the currency; where it has none, as many of its units."""
    return hundredths * 10 if decimals(currency) == 3 else hundredths
