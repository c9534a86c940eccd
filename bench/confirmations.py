"""When bookings became confirmed, as PostgreSQL tells it at the commit."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg

_TELL = b"""
CREATE FUNCTION tell_confirmed() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN PERFORM pg_notify('confirmed', NEW.id::text); RETURN NULL; END $$;
CREATE TRIGGER tell_confirmed AFTER UPDATE OF status ON booking
  FOR EACH ROW WHEN (NEW.status = 'confirmed') EXECUTE FUNCTION tell_confirmed()
"""
LOOK_SECONDS = 0.2
"""How often it looks whether it is over; what PostgreSQL tells it hears at once."""


@contextmanager
def heard(database_url: str) -> Iterator[dict[UUID, float]]:
    """Seconds since 1970, by booking; it grows as long as the block lasts."""
    confirmed: dict[UUID, float] = {}
    over = threading.Event()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_TELL)
        connection.execute("LISTEN confirmed")

        def listen() -> None:
            while not over.is_set():
                for told in connection.notifies(timeout=LOOK_SECONDS):
                    confirmed.setdefault(UUID(told.payload), time.time())

        listening = threading.Thread(target=listen, name="confirmations")
        listening.start()
        try:
            yield confirmed
        finally:
            over.set()
            listening.join()
