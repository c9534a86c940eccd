"""A disputed booking for the tests of evidence."""

from tests.payments.disputes.opened_disputes import story

__all__ = ["story"]
