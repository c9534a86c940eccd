"""Links that open something: the outbox keeps them unsigned, and only the mail that leaves has them whole.

So nobody who reads the outbox, an operator or a backup's finder, can use what was meant for its recipient.
"""

import re
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

_UNSIGNED = re.compile(r"unsigned\.([0-9a-f]{32})")


def unsigned(key: UUID) -> str:
    """What stands in the outbox for the token of this key."""
    return f"unsigned.{key.hex}"


def signed(body: str, recipient: str) -> str:
    """A body as it leaves, its tokens signed for the recipient: for anybody else they would be no good."""
    return _UNSIGNED.sub(lambda found: _token(UUID(found[1]), recipient), body)


def key_of(token: str) -> tuple[UUID, str] | None:
    """The key that a token is of, and whom it was sent to; None for what was never sent."""
    try:
        key, recipient = _serializer().loads(token)
    except BadSignature:
        return None
    return UUID(key), recipient


def _token(key: UUID, recipient: str) -> str:
    signed_token = _serializer().dumps([key.hex, recipient])
    assert isinstance(signed_token, str)
    return signed_token


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="links in mails")
