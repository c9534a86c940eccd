"""What is lost or comes twice is seen: rows are tampered with, judged, and put right again."""

import pytest
from sqlalchemy import text

from tests.faults.consistency import judge
from tests.faults.external_state import Post
from tests.faults.fault import Scene
from tests.faults.quiescence import rest
from tests.waiting import wait_until

PAID = "(SELECT id FROM payment WHERE status = 'succeeded' LIMIT 1)"
CONFIRMED = "(SELECT id FROM booking WHERE status = 'confirmed' LIMIT 1)"
ONE_MAIL = "(SELECT id FROM email WHERE kind = 'booking_confirmed' LIMIT 1)"
KEPT = "SELECT count(*) FROM payment WHERE status = 'succeeded'"
TAMPERING = {
    "was paid, and our payment is pending": f"UPDATE payment SET status = 'pending' WHERE id = {PAID}",
    "its booking is expired": f"UPDATE booking SET status = 'expired' WHERE id = {CONFIRMED}",
    "our books say 7": f"UPDATE payment SET amount_refunded_minor = 7 WHERE id = {PAID}",
    "was taken": "DELETE FROM stripe_event WHERE type = 'payment_intent.succeeded'",
    "is failed": "UPDATE stripe_event SET status = 'failed' WHERE type = 'payment_intent.succeeded'",
    "1 mails say": f"DELETE FROM email WHERE id = {ONE_MAIL}",
    "has no row": "DELETE FROM email WHERE kind = 'verify_address'",
    "is sent: None": "UPDATE email SET id = gen_random_uuid() WHERE kind = 'verify_address'",
    "was settled 2 times": (
        "INSERT INTO payment_move (id, payment_id, before, after, reason, actor, request_id)"
        " SELECT gen_random_uuid(), payment_id, before, after, reason, actor, request_id"
        " FROM payment_move WHERE after = 'succeeded'"
    ),
}


@pytest.fixture(scope="module")
def after_trade(scene: Scene) -> Scene:
    scene.traffic.go_on()
    wait_until(lambda: scene.system.count(KEPT) >= 5, 120)  # some are cancelled before all is at rest
    rest(scene.system, scene.traffic)
    return scene


@pytest.mark.parametrize(("wrong", "tampering"), TAMPERING.items())
def test_a_row_that_is_not_right_is_seen(after_trade: Scene, post: Post, wrong: str, tampering: str) -> None:
    with after_trade.system.database.connect() as rows:
        assert judge(rows, after_trade.system, after_trade.traffic, post).wrongs == []
        rows.execute(text(tampering))
        assert any(
            wrong in each for each in judge(rows, after_trade.system, after_trade.traffic, post).wrongs
        )


def test_a_mail_that_comes_twice_is_seen(after_trade: Scene, post: Post) -> None:
    post.arrived()
    post.seen[0] = next(iter(post.seen.values()))

    with after_trade.system.database.connect() as rows:
        wrongs = judge(rows, after_trade.system, after_trade.traffic, post).wrongs

    del post.seen[0]
    assert any("came 2 times" in wrong for wrong in wrongs)


def test_a_booking_that_was_promised_and_is_not_there_is_seen(after_trade: Scene, post: Post) -> None:
    after_trade.traffic.held["promised"] = {}

    with after_trade.system.database.connect() as rows:
        wrongs = judge(rows, after_trade.system, after_trade.traffic, post).wrongs

    del after_trade.traffic.held["promised"]
    assert wrongs == ["lost: booking promised was answered 201"]
