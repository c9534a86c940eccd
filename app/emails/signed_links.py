"""Links that open something: the outbox keeps them unsigned, and only the mail that leaves has them whole.

So nobody who reads the outbox, an operator, a backup's finder or whoever exports what is held on an address
that is not theirs, can use what was meant for the reader of a mailbox.
"""

import hashlib
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from itsdangerous import Signer, TimestampSigner

from app.config.settings import current_settings

PROOF_LASTS = timedelta(days=3)
"""From when the mail with it leaves."""
_BY_SHA_256: dict[str, Any] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
"""The library's own choice, SHA-1, is for nothing new (OWASP ASVS 5.0, appendix C)."""
_UNSIGNED = re.compile(r"unsigned\.(proof\.)?([0-9a-f]{32})")
_SIGNED = re.compile(r"([0-9a-f]{32})\.")
_WHOLE = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{32}\.[\w.-]{27,}")


def unsigned(key: UUID) -> str:
    """What stands in the outbox for the token of this key."""
    return f"unsigned.{key.hex}"


def unsigned_proof(account_id: UUID) -> str:
    """What stands in the outbox for the token that proves the address of this account."""
    return f"unsigned.proof.{account_id.hex}"


def signed(body: str, recipient: str) -> str:
    """A body as it leaves, its tokens signed for the recipient: for anybody else they would be no good."""
    return _UNSIGNED.sub(lambda found: _token(found, recipient), body)


def without_tokens(text: str) -> str:
    """What somebody said of a mail that left, such as a server that repeats it, without what it proves."""
    return _WHOLE.sub("...", text)


def key_of(token: str) -> UUID | None:
    """Which key a token says that it is of; believe it once it is_for somebody, or proves their address."""
    found = _SIGNED.match(token)
    return UUID(found[1]) if found else None


def is_for(token: str, recipient: str) -> bool:
    """Whether the token stood in a mail to this address."""
    return _signer(recipient).validate(token)


def check_proof(token: str, recipient: str) -> None:
    """Whether the token stood in a mail to this address that asked its reader to prove it.

    Raises BadSignature, of which SignatureExpired says that it is older than three days.
    """
    _proofs(recipient).unsign(token, max_age=int(PROOF_LASTS.total_seconds()))


def _token(found: re.Match[str], recipient: str) -> str:
    signer = _proofs(recipient) if found[1] else _signer(recipient)
    return signer.sign(found[2]).decode()


def _signer(recipient: str) -> Signer:
    return Signer(current_settings().signing_keys, f"link in a mail to {recipient}", **_BY_SHA_256)


def _proofs(recipient: str) -> TimestampSigner:
    salt = f"proof of the address {recipient}"
    return TimestampSigner(current_settings().signing_keys, salt, **_BY_SHA_256)
