"""What ought to become of the money: payment pages, what was paid on them, and how much of it goes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.bookings.status import Status
from tests.bookings.random_order.booking_model import DAY, TOOK_PLACE, BookingModel, Entry, Rules
from tests.coaches.calendars import Calendar

SESSION, GRACE, LONGEST = 35, 2, 90
BANK = 40
"""Until a bank has answered a debit."""
DELAYED, DELAYED_UNPROVEN = 10 * DAY, 5 * DAY
"""How long times are kept for the bank's answer."""


@dataclass(eq=False)
class Page:
    """A payment page: how it stands at Stripe, what we have heard of it, what of its money goes back.

    At Stripe it is open, complete or expired; heard was that it is open, processing, paid, failed or expired.
    """

    entries: list[Entry]
    expires_at: int
    url: str
    at_stripe: str = "open"
    heard: str = "open"
    is_paid: bool = False
    """At Stripe."""
    bank_answers: tuple[int, bool] | None = None
    """When, and whether it pays."""
    goes_back: dict[Entry, int] = field(default_factory=dict)
    id: str = ""
    session_id: str = ""
    address: str = ""

    @property
    def waiting(self) -> list[Entry]:
        """Those that wait for this page and not for a newer one."""
        return [entry for entry in self.entries if entry.page is self]

    def ends(self, heard: str) -> None:
        """No money will come by it."""
        self.heard = heard
        for entry in self.waiting:
            if entry.status is Status.PENDING:
                entry.status = Status.EXPIRED

    def close(self) -> None:
        """Nobody can pay on it any more, unless somebody has."""
        if self.at_stripe == "open":
            self.at_stripe = "expired"


class PaymentModel(BookingModel):
    """Bookings together with their payments."""

    def __init__(self, begins: datetime, calendars: Sequence[Calendar], coaches: Sequence[Rules]) -> None:
        super().__init__(begins, calendars, coaches)
        self.pages: list[Page] = []

    def passes(self, minutes: int) -> None:
        self.at += minutes
        for page in self.pages:
            if page.expires_at <= self.at:
                page.close()
            if page.bank_answers and page.bank_answers[0] <= self.at:
                page.is_paid = page.bank_answers[1]

    def pay(self, page: Page) -> None:
        page.at_stripe, page.is_paid = "complete", True

    def debit(self, page: Page, bank_pays: bool) -> None:
        page.at_stripe, page.bank_answers = "complete", (self.at + BANK, bank_pays)

    def check_out(self, entry: Entry, url: str, series: bool = False) -> str | None:
        """What is held of a series is paid for together, whether the series was named or one of it."""
        payable = [each for each in self._together(entry) if self._is_payable(each)]
        if not payable or (entry not in payable and not series):
            return "not-payable"
        page = payable[0].page
        is_open = page is not None and page.heard == "open" and page.expires_at > self.at
        if page and is_open and page.url == url and set(page.entries) == set(payable):
            return None
        if page and (page.heard == "processing" or (is_open and page.at_stripe == "complete")):
            return "not-payable"
        if self.at + SESSION + GRACE >= payable[0].made_at + LONGEST:
            return "not-payable"
        if page and is_open:
            page.close()
            page.heard = "expired"
        self._open(payable, url)
        return None

    def _together(self, entry: Entry) -> list[Entry]:
        found = [
            each
            for each in self.entries
            if each is entry or (entry.series is not None and each.series == entry.series)
        ]
        return sorted(found, key=lambda each: each.start)

    def _is_payable(self, entry: Entry) -> bool:
        return entry.status is Status.PENDING and self.runs(entry) and entry.start > self.at

    def _open(self, entries: list[Entry], url: str) -> None:
        page = Page(entries, self.at + SESSION, url)
        self.pages.append(page)
        for entry in entries:
            entry.page, entry.hold_until = page, page.expires_at + GRACE

    def cancel(self, entry: Entry, by_client: bool) -> str | None:
        if entry.status is Status.PENDING:
            self._drop(entry)
            if not by_client:
                self.expect_mail("hold_cancelled", entry, [entry])
            return None
        if refusal := self.may_change(entry):
            return refusal
        percent = self.client_percent(entry) if by_client else 100
        assert entry.page
        entry.page.goes_back[entry] = entry.price * percent // 100
        entry.status = Status.CANCELLED
        self.expect_mail("booking_cancelled", entry, [entry])
        return None

    def _drop(self, entry: Entry) -> None:
        """Unpaid: nobody hears of it, and the rest of its series waits for another page."""
        entry.status = Status.CANCELLED
        if entry.page and entry.page.heard != "processing":
            for other in entry.page.waiting:
                if other is not entry:
                    other.page = None

    def release(self) -> None:
        """The sweep: what ran out is free, unless Stripe says that it was paid. A bank had its time."""
        for entry in self.stale():
            if entry.page is None or entry.page.heard in {"expired", "processing"}:
                entry.status = Status.EXPIRED
                continue
            entry.page.close()
            if entry.page.at_stripe == "expired":
                entry.page.ends("expired")

    def on_paid(self, page: Page) -> None:
        if page.heard == "paid":
            return
        page.heard = "paid"
        for entry in page.entries:
            if entry.status is Status.EXPIRED:
                self.make_room(entry)
        reasons = {entry: self._refuse(entry) for entry in sorted(page.entries, key=lambda each: each.start)}
        confirmed = [entry for entry, reason in reasons.items() if reason is None]
        for entry in page.entries:
            if entry in confirmed:
                entry.page = page
            else:
                page.goes_back[entry] = entry.price
        if len(confirmed) == 1:
            self.expect_mail("booking_confirmed", confirmed[0], confirmed)
        elif confirmed:
            self.expect_mail("series_confirmed", page, confirmed)
        self.mails["payment_returned", page] += len({*reasons.values()} - {None})

    def _refuse(self, entry: Entry) -> str | None:
        """Why the money that came for it goes back, or None once it is confirmed."""
        if entry.status not in {Status.PENDING, Status.EXPIRED}:
            return "cancelled" if entry.status is Status.CANCELLED else "paid twice"
        if entry.start <= self.at:
            entry.status = Status.EXPIRED
            return "too late"
        if any(self.overlaps(entry)):
            return "taken"
        entry.status = Status.CONFIRMED
        return None

    def on_processing(self, page: Page) -> None:
        """The money is on its way: the time is kept for days, more of them for who has paid before."""
        if page.heard != "open":
            return
        page.heard = "processing"
        client = page.entries[0].client
        has_paid = any(each.client == client and each.status in TOOK_PLACE for each in self.entries)
        until = self.at + (DELAYED if has_paid else DELAYED_UNPROVEN)
        for entry in page.entries:
            if entry.status is Status.PENDING and entry.page in {None, page}:
                entry.page, entry.hold_until = page, min(entry.start, until)

    def on_declined(self, page: Page) -> None:
        """Another card or account may do."""
        if page.heard == "processing":
            page.heard = "open"

    def on_failed(self, page: Page) -> None:
        """The bank said no, and the page takes no other payment."""
        if page.heard in {"open", "processing"}:
            page.ends("failed")

    def on_expired(self, page: Page) -> None:
        if page.heard != "paid":
            page.ends("expired")

    def on_canceled(self, page: Page) -> None:
        if page.heard == "open":
            page.heard = "expired"
