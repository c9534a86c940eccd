"""Signed links: the outbox stores them unsigned, and only the sent mail has them complete.

So readers of the outbox (operators, backups, exports) cannot use links that are meant for the owner of a
mailbox.
"""

import hashlib
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from itsdangerous import Signer, TimestampSigner

from app.config.settings import current_settings

PROOF_LASTS = timedelta(days=3)
"""Lifetime, counted from when the mail is sent."""
_BY_SHA_256: dict[str, Any] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
"""The library's default, SHA-1, must not be used in new code (OWASP ASVS 5.0, appendix C)."""
_UNSIGNED = re.compile(r"unsigned\.(proof\.)?([0-9a-f]{32})")
_UNSIGNED_MANAGE = re.compile(r"unsigned\.manage\.([0-9a-f]{32}\.\d{1,9})(?![0-9])")
_MANAGE = re.compile(r"([0-9a-f]{32})\.(\d{1,9})\.[\w-]+")
_SIGNED = re.compile(r"([0-9a-f]{32})\.")
_WHOLE = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{32}\.[\w.-]{27,}")


def unsigned(key: UUID) -> str:
    """The placeholder in the outbox for the token of this key."""
    return f"unsigned.{key.hex}"


def unsigned_proof(account_id: UUID) -> str:
    """The placeholder in the outbox for the token that verifies the account's address."""
    return f"unsigned.proof.{account_id.hex}"


def unsigned_manage(booking_id: UUID, generation: int) -> str:
    """The placeholder in the outbox for the token with which a client manages one booking."""
    return f"unsigned.manage.{booking_id.hex}.{generation}"


def signed(body: str, recipient: str) -> str:
    """The body to send, with tokens signed for its recipient. They do not verify for other addresses."""
    body = _UNSIGNED_MANAGE.sub(lambda found: _managers(recipient).sign(found[1]).decode(), body)
    return _UNSIGNED.sub(lambda found: _token(found, recipient), body)


def without_tokens(text: str) -> str:
    """The text (such as a mail server's answer that quotes the mail) without its tokens."""
    return _WHOLE.sub("...", text)


def key_of(token: str) -> UUID | None:
    """The unverified key of a token. Verify it with `is_for` or `proves`."""
    found = _SIGNED.match(token)
    return UUID(found[1]) if found else None


def managed_by(token: str) -> tuple[UUID, int] | None:
    """The unverified booking and generation of a token. Verify it with `manages`."""
    found = _MANAGE.fullmatch(token)
    return (UUID(found[1]), int(found[2])) if found else None


def manages(token: str, recipient: str) -> bool:
    """Whether the token was sent to this address, to manage the booking that it names."""
    return _managers(recipient).validate(token)


def is_for(token: str, recipient: str) -> bool:
    """Whether the token was sent to this address."""
    return _signer(recipient).validate(token)


def check_proof(token: str, recipient: str) -> None:
    """Whether the token was sent to this address in a verification mail.

    Raises BadSignature, and its subclass SignatureExpired for a token older than three days.
    """
    _proofs(recipient).unsign(token, max_age=int(PROOF_LASTS.total_seconds()))


def _token(found: re.Match[str], recipient: str) -> str:
    signer = _proofs(recipient) if found[1] else _signer(recipient)
    return signer.sign(found[2]).decode()


def _signer(recipient: str) -> Signer:
    return Signer(current_settings().signing_keys, f"link in a mail to {recipient}", **_BY_SHA_256)


def _managers(recipient: str) -> Signer:
    return Signer(current_settings().signing_keys, f"link to one booking for {recipient}", **_BY_SHA_256)


def _proofs(recipient: str) -> TimestampSigner:
    salt = f"proof of the address {recipient}"
    return TimestampSigner(current_settings().signing_keys, salt, **_BY_SHA_256)
