"""The operator's list of what Stripe says otherwise."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from app.extensions import db, now
from app.payments.reconciliation import differences
from app.payments.reconciliation.differences import Sides
from app.payments.stripe.listing import Kind
from tests.people import Person


def noted(stripe_id: str, kind: Kind = Kind.REFUND) -> None:
    differences.note(kind, stripe_id, Sides("succeeded, 75.00 EUR", "failed, 75.00 EUR", uuid4()))
    db.session.commit()


def listed(admin: Person, query: str = "") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = admin.get(f"/admin/difference{query}").json()["items"]
    return items


def test_both_sides_are_shown(admin: Person) -> None:
    noted("re_1")

    (shown,) = listed(admin)

    assert (shown["kind"], shown["stripe_id"]) == ("refund", "re_1")
    assert (shown["stripe_says"], shown["we_say"]) == ("succeeded, 75.00 EUR", "failed, 75.00 EUR")
    assert shown["first_seen"] == shown["last_seen"]
    assert shown["resolved_at"] is None


def test_filtered_by_state_kind_and_time(admin: Person) -> None:
    noted("re_1")
    noted("pi_1", Kind.INTENT)
    db.session.execute(text("UPDATE difference SET resolved_at = now() WHERE stripe_id = 're_1'"))
    db.session.commit()
    later = (now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert [each["stripe_id"] for each in listed(admin, "?state=open")] == ["pi_1"]
    assert [each["stripe_id"] for each in listed(admin, "?state=resolved")] == ["re_1"]
    assert [each["stripe_id"] for each in listed(admin, "?kind=payment_intent")] == ["pi_1"]
    assert listed(admin, f"?from={later}") == []
    assert len(listed(admin, f"?to={later}")) == 2
    assert admin.get("/admin/difference?state=lost").status_code == 422


def test_paged_without_a_gap(admin: Person) -> None:
    for number in range(5):
        noted(f"re_{number}")

    first = admin.get("/admin/difference?limit=2").json()
    noted("re_5")
    rest = admin.get(f"/admin/difference?limit=100&cursor={first['next_cursor']}").json()

    assert [each["stripe_id"] for each in first["items"] + rest["items"]] == [
        f"re_{number}" for number in (4, 3, 2, 1, 0)
    ]
    assert rest["next_cursor"] is None


def test_only_an_admin_sees_them(client: Person, coach: Person) -> None:
    assert client.get("/admin/difference").status_code == 403
    assert coach.get("/admin/difference").status_code == 403
    assert client.http.get("/admin/difference").status_code == 401


def test_the_overview_counts_what_is_open(admin: Person) -> None:
    noted("re_1")

    assert admin.get("/admin/overview").json()["differences"] == 1
