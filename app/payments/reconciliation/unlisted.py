"""What we hold that no list of Stripe's has shown yet.

We create a row before Stripe creates its object, and the clocks differ. So the object of a row may be in the
list of a later span than the row, or of an earlier one, and need not be requested by itself.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import islice, takewhile

from app.payments.stripe.listing import Span

MARGIN = timedelta(minutes=1)
"""The longest time between a row and its object for which lists are awaited."""


class Unlisted:
    """Ids of ours in the order of their spans, until a list shows them or they are taken."""

    def __init__(self) -> None:
        self._waiting: dict[str, Span] = {}
        self._shown: dict[str, datetime] = {}
        """The end of the span of each object that was listed lately."""

    def add(self, span: Span, held: Collection[str], listed: Collection[str]) -> None:
        """Note what we hold of a span and what its list has shown."""
        for stripe_id in listed:
            self._waiting.pop(stripe_id, None)
            self._shown[stripe_id] = span.until
        for stripe_id in held:
            if stripe_id not in self._shown:
                self._waiting[stripe_id] = span
        oldest_first = self._shown.items()
        for stripe_id, _ in list(takewhile(lambda item: item[1] < span.since - MARGIN, oldest_first)):
            del self._shown[stripe_id]

    def take(self, most: int, by: datetime) -> Sequence[str]:
        """Remove the oldest of those whose span ended by then, at most so many."""
        late = takewhile(lambda item: item[1].until <= by, self._waiting.items())
        taken = [stripe_id for stripe_id, _ in islice(late, most)]
        for stripe_id in taken:
            del self._waiting[stripe_id]
        return taken

    def point(self, listed: datetime) -> datetime:
        """Before it all is compared, if everything before `listed` is listed."""
        oldest = next(iter(self._waiting.values()), None)
        return oldest.since if oldest else listed
