"""A client who erases the account while a bank has yet to decide about a payment."""

from typing import Any

from app.payments.disputes import responses
from app.payments.models import Dispute
from app.privacy import retention
from tests.payments.disputes.opened_disputes import decided, disputed, hears
from tests.people import Person
from tests.privacy.personal_data import erase, tables_with
from tests.shop import Shop


def open_dispute(shop: Shop, client: Person, coach: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    """The dispute at Stripe, and its checkout."""
    _, checkout = shop.pays_for(client, coach)
    dispute = disputed(shop, client, checkout)
    hears(shop, checkout)
    return dispute, checkout


def test_the_bank_is_told_what_was_on_record_and_it_is_kept_until_it_decides(
    shop: Shop, zelda: Person, coach: Person
) -> None:
    dispute, checkout = open_dispute(shop, zelda, coach)
    assert erase(zelda).status_code == 204
    (row,) = shop.rows(Dispute)
    assert tables_with("Quimby") - {"email"} == {"dispute"}

    shop.work(lambda: responses.submit_evidence(responses.find(str(row.id)), "They were there."))

    told = shop.at_stripe(f"/v1/disputes/{dispute['id']}")["evidence"]
    assert told["uncategorized_text"].startswith("They were there.")
    assert "Zelda Quimby" in told["uncategorized_text"]
    decided(shop, dispute, "won")
    hears(shop, checkout, "closed")
    for mail in shop.mails("account_erased"):
        mail.status = type(mail.status).SENT
    shop.work(retention.redact_emails)
    assert tables_with("Quimby") <= {"email"}  # of mails that have not left yet
    assert shop.rows(Dispute)[0].evidence == ""


def test_one_that_comes_later_names_nobody(shop: Shop, zelda: Person, coach: Person) -> None:
    _, checkout = shop.pays_for(zelda, coach)
    erase(zelda)

    disputed(shop, zelda, checkout)
    dispute = hears(shop, checkout)

    assert "Erased account paid 75.00 EUR" in responses.evidence_of(dispute)
    (mail,) = shop.mails("dispute_opened")
    assert zelda.email not in mail.text_body
    assert "Quimby" not in mail.text_body
