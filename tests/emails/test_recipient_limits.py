"""Mails to addresses that nobody has proven to be theirs: about what was paid, and few."""

import httpx
import pytest
from sqlalchemy import select, text

from app.accounts import password_reset, registration
from app.emails.models import OPERATORS, Email
from app.emails.outbox import enqueue_rendered, templates
from app.emails.recipient_limits import ABOUT_PAID, MAX_UNVERIFIED, OWN_BOUNDS, WITHHELD, verdicts
from app.emails.status import EmailStatus
from app.extensions import db
from tests.accounts.account_mails import mails
from tests.accounts.two_factor.authenticator import proven
from tests.emails.unproven_recipients import LURE, cancel_holds, works
from tests.outbox import Post
from tests.people import PASSWORD, Person

ALL = {name.removesuffix(".txt") for name in templates.list_templates() if name.endswith(".txt")}


def leaving(reader: Person) -> list[str]:
    """The kinds of mails that have left for somebody, or will by themselves, the first first."""
    wanted = Email.recipient == reader.email, Email.status != EmailStatus.WITHDRAWN
    return list(db.session.scalars(select(Email.kind).where(*wanted).order_by(Email.created_at)))


def is_told_of_refunds(post: Post, reader: Person, times: int) -> None:
    mail = {"kind": "refund_issued", "recipient": reader.email, "recipient_name": "", "request_id": "-"}
    words = {"subject": "Refund", "text_body": "to you", "html_body": "to you"}
    for number in range(times):
        row = {"calendar": None, "reply_to": None, "subject_id": str(number)}
        post.work(enqueue_rendered, [mail | words | row])


@pytest.mark.parametrize("kind", sorted(ALL - ABOUT_PAID - OWN_BOUNDS - OPERATORS - {"gathered"}))
def test_nothing_else_reaches_an_address_before_its_proof(client: Person, kind: str) -> None:
    assert set(verdicts(kind, [client.email]).values()) == {"withheld"}
    assert verdicts(kind, [proven(client).email]) == {}


@pytest.mark.parametrize("kind", sorted(ABOUT_PAID | OWN_BOUNDS))
def test_what_was_paid_and_what_proves_the_address_does(client: Person, kind: str) -> None:
    assert verdicts(kind, [client.email]) == {}


def test_whatever_is_done_unpaid_mails_nothing(client: Person, coach: Person) -> None:
    series = client.books_series(coach.open_for_business(horizon_days=366), 26)
    for booking in series["items"]:
        coach.post(f"/booking/{booking['id']}/cancel", json={"reason": LURE}).raise_for_status()
    cancel_holds(client, coach, 5)
    change = {"current_password": PASSWORD, "new_password": "seven green umbrellas"}
    client.post("/auth/password/change", json=change).raise_for_status()

    assert leaving(client) == ["verify_address"]


def test_what_is_withheld_stays_on_record_for_the_operator(client: Person, coach: Person) -> None:
    cancel_holds(client, coach, 2)

    withheld = mails(client, "hold_cancelled")

    assert {(mail.status, mail.last_error) for mail in withheld} == {(EmailStatus.WITHDRAWN, WITHHELD)}
    assert len(withheld) == 2


def test_no_stranger_s_words_stand_in_it(client: Person, coach: Person) -> None:
    cancel_holds(client, coach, 1)

    (mail,) = mails(client, "hold_cancelled")

    assert "evil.example" not in mail.text_body + mail.html_body


def test_nor_the_name_that_a_stranger_opened_the_account_with(http: httpx.Client, coach: Person) -> None:
    client = Person.registered(http, "client", name="Call 0900 and win")
    cancel_holds(client, coach, 1)
    http.post("/auth/password/forgot", json={"email": client.email}).raise_for_status()

    for kind in ("verify_address", "hold_cancelled", "reset_password"):
        (mail,) = mails(client, kind)
        assert "0900" not in mail.recipient_name + mail.subject + mail.text_body + mail.html_body


def test_after_the_proof_all_leaves_at_once(client: Person, coach: Person) -> None:
    cancel_holds(proven(client), coach, MAX_UNVERIFIED + 5)

    assert leaving(client).count("hold_cancelled") == MAX_UNVERIFIED + 5
    assert LURE in mails(client, "hold_cancelled")[0].text_body


def test_the_link_that_proves_the_address_still_comes(client: Person, coach: Person) -> None:
    cancel_holds(client, coach, MAX_UNVERIFIED)

    assert client.post("/auth/verify/resend").status_code == 202

    assert leaving(client) == ["verify_address", "verify_address"]


def test_above_the_bound_of_a_day_mails_about_money_come_in_one(post: Post, client: Person) -> None:
    is_told_of_refunds(post, client, MAX_UNVERIFIED + 4)

    works(post)
    assert len(post.arrived(client)) == 1 + MAX_UNVERIFIED
    held = [mail for mail in mails(client, "refund_issued") if mail.held_back]
    assert [(mail.due_at.hour % 6, mail.due_at.minute) for mail in held] == [(0, 0)] * 4
    post.make_due()
    works(post)

    assert len(post.arrived(client)) == 1 + MAX_UNVERIFIED + 1
    assert [mail.subject[:10] for mail in mails(client, "gathered")] == ["4 messages"]


def test_a_day_later_there_is_room_again(post: Post, client: Person) -> None:
    is_told_of_refunds(post, client, MAX_UNVERIFIED)
    assert verdicts("refund_issued", [client.email]) == {client.email: "held back longer"}

    db.session.execute(text("UPDATE email SET created_at = created_at - interval '25 hours'"))
    db.session.commit()

    assert verdicts("refund_issued", [client.email]) == {}


@pytest.mark.parametrize("role", ["client", "coach"])
def test_one_person_s_bound_takes_nothing_from_another(post: Post, client: Person, role: str) -> None:
    is_told_of_refunds(post, client, MAX_UNVERIFIED + 1)
    other = Person.registered(client.http, role)

    assert verdicts("refund_issued", [other.email]) == {}


def test_what_a_stranger_asks_for_takes_nothing_from_the_reader(
    post: Post, client: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Links for a new password, and word of another registration, are had by the address alone."""
    for module in (registration, password_reset):
        monkeypatch.setattr(module, "MAX_MAILS_AN_HOUR", MAX_UNVERIFIED)
    again = {"email": client.email, "password": PASSWORD, "name": "N", "role": "client"}
    for _ in range(MAX_UNVERIFIED // 2):
        client.http.post("/auth/password/forgot", json={"email": client.email}).raise_for_status()
        client.http.post("/auth/register", json=again).raise_for_status()
    assert len(leaving(client)) == 1 + MAX_UNVERIFIED // 2 * 2

    is_told_of_refunds(post, client, 1)

    (mail,) = mails(client, "refund_issued")
    assert (mail.status, mail.held_back) == (EmailStatus.QUEUED, False)


@pytest.mark.usefixtures("limits_on")
def test_an_address_is_asked_to_be_proven_five_times_a_day_by_however_many_accounts(
    http: httpx.Client,
) -> None:
    person = {"email": "victim@example.com", "password": PASSWORD, "name": "N", "role": "client"}
    asked = 0
    for _ in range(7):
        http.post("/auth/register", json=person).raise_for_status()
        stranger = Person.signed_in(http, "victim@example.com", PASSWORD)
        asked += len(mails(stranger, "verify_address"))
        stranger.ask("DELETE", "/auth/me", json={"password": PASSWORD}).raise_for_status()

    assert asked == 5


@pytest.mark.usefixtures("limits_on")
def test_no_account_that_is_erased_renews_a_limit_of_its_address(post: Post, http: httpx.Client) -> None:
    person = {"email": "victim@example.com", "password": PASSWORD, "name": "N", "role": "client"}
    links = at_once = 0
    for _ in range(3):
        http.post("/auth/register", json=person).raise_for_status()
        stranger = Person.signed_in(http, "victim@example.com", PASSWORD)
        for _ in range(2):
            http.post("/auth/password/forgot", json={"email": stranger.email}).raise_for_status()
        is_told_of_refunds(post, stranger, 4)
        links += len(mails(stranger, "reset_password"))
        at_once += sum(not mail.held_back for mail in mails(stranger, "refund_issued"))
        db.session.execute(text("UPDATE email SET status = 'sent' WHERE NOT held_back"))
        db.session.commit()
        stranger.ask("DELETE", "/auth/me", json={"password": PASSWORD}).raise_for_status()

    assert (links, at_once) == (3, MAX_UNVERIFIED)


@pytest.mark.usefixtures("limits_on")
def test_the_owner_hears_of_other_registrations_five_times_a_day(client: Person) -> None:
    proven(client)
    again = {"email": client.email, "password": PASSWORD, "name": "N", "role": "client"}
    for _ in range(7):
        client.http.post("/auth/register", json=again).raise_for_status()
        db.session.execute(text("UPDATE email SET created_at = created_at - interval '61 minutes'"))
        db.session.commit()

    assert len(mails(client, "address_in_use")) == 5
