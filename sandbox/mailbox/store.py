"""The mails received, the newest of them, in memory."""

import threading
from collections import OrderedDict
from datetime import UTC, datetime
from itertools import count

from sandbox.mailbox.message import Message, read

CAPACITY = 1000


class Store:
    """Mails by number; the oldest makes room once there are `capacity`. Safe to use from several threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._numbers = count(1)
        self._messages: OrderedDict[int, Message] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, envelope_from: str, to: tuple[str, ...], raw: bytes) -> Message:
        """Keep a mail and give it as it was understood."""
        message = read(next(self._numbers), datetime.now(UTC), envelope_from, to, raw)
        with self._lock:
            self._messages[message.id] = message
            while len(self._messages) > self._capacity:
                self._messages.popitem(last=False)
        return message

    def get(self, number: int) -> Message | None:
        """The mail of that number, None when there is none (any more)."""
        with self._lock:
            return self._messages.get(number)

    def find(self, to: str = "", subject: str = "", words: str = "") -> list[Message]:
        """Newest first: mails to exactly that address, with that in the subject, those words anywhere."""
        with self._lock:
            newest_first = list(reversed(self._messages.values()))
        return [
            message
            for message in newest_first
            if (not to or to.casefold() in (address.casefold() for address in message.to))
            and subject.casefold() in message.subject.casefold()
            and words.casefold() in _searchable(message)
        ]

    def clear(self) -> None:
        """Forget every mail."""
        with self._lock:
            self._messages.clear()


def _searchable(message: Message) -> str:
    parts = (message.sender, *message.to, message.subject, message.text or "")
    return "\n".join(parts).casefold()
