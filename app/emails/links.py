"""Links that open something: the outbox keeps them unsigned, and only the mail that leaves has them whole.

So nobody who reads the outbox, an operator or a backup's finder, can use what was meant for its recipient.
"""

import re
from uuid import UUID

from itsdangerous import Signer

from app.config import current_settings

_UNSIGNED = re.compile(r"unsigned\.([0-9a-f]{32})")
_SIGNED = re.compile(r"([0-9a-f]{32})\.")


def unsigned(key: UUID) -> str:
    """What stands in the outbox for the token of this key."""
    return f"unsigned.{key.hex}"


def signed(body: str, recipient: str) -> str:
    """A body as it leaves, its tokens signed for the recipient: for anybody else they would be no good."""
    return _UNSIGNED.sub(lambda found: _token(UUID(found[1]), recipient), body)


def key_of(token: str) -> UUID | None:
    """Which key a token says that it is of; believe it once it is_for somebody."""
    found = _SIGNED.match(token)
    return UUID(found[1]) if found else None


def is_for(token: str, recipient: str) -> bool:
    """Whether the token stood in a mail to this address."""
    return _signer(recipient).validate(token)


def _token(key: UUID, recipient: str) -> str:
    return _signer(recipient).sign(key.hex).decode()


def _signer(recipient: str) -> Signer:
    return Signer(current_settings().signing_keys, salt=f"link in a mail to {recipient}")
