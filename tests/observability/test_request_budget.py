"""The time that a request may wait for others ends with the request."""

from contextvars import Context

from flask import Flask

from app.observability import context


def test_what_a_thread_does_after_a_request_has_no_deadline(app: Flask) -> None:
    def ask_and_look() -> float | None:
        assert app.test_client().get("/health/live").status_code == 200
        return context.time_left()

    assert Context().run(ask_and_look) is None


def test_a_request_has_one(app: Flask) -> None:
    def look() -> float | None:
        with app.test_request_context("/health/live"):
            app.preprocess_request()
            return context.time_left()

    left = Context().run(look)

    assert left is not None
    assert 0 < left <= context.REQUEST_BUDGET
