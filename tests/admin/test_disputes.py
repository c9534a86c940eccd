"""The operator's list of disputes and inquiries."""

from datetime import timedelta

from app.extensions import now
from tests.payments.disputes.opened_disputes import disputed
from tests.people import Person, next_week
from tests.shop import Shop


def test_admins_list_disputes_by_status_and_time_page_by_page(
    shop: Shop, client: Person, coach: Person, admin: Person
) -> None:
    for hour, inquiry in ((9, False), (10, True), (11, False)):
        booking = client.books(coach, next_week(hour))
        checkout = client.checks_out(booking)
        shop.deliver_event(shop.paid(checkout))
        disputed(shop, client, checkout, inquiry=inquiry)
        for event in shop.events(checkout, "charge.dispute."):
            shop.deliver_event(event)

    first = admin.get("/admin/dispute?limit=2").json()
    rest = admin.get(f"/admin/dispute?limit=2&cursor={first['next_cursor']}").json()

    listed = [*first["items"], *rest["items"]]
    assert [each["status"] for each in listed] == [
        "needs_response",
        "warning_needs_response",
        "needs_response",
    ]
    assert rest["next_cursor"] is None
    assert "evidence" not in listed[0]
    asked = admin.get("/admin/dispute?status=warning_needs_response").json()["items"]
    assert [each["id"] for each in asked] == [listed[1]["id"]]
    tomorrow = (now() + timedelta(days=1)).isoformat()
    assert admin.get("/admin/dispute", params={"from": tomorrow}).json()["items"] == []
    assert len(admin.get("/admin/dispute", params={"to": tomorrow}).json()["items"]) == 3
