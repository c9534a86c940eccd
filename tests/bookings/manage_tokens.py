"""Tokens of manage links, as a mail has them."""

from hashlib import sha256
from uuid import UUID

from itsdangerous import Signer

from tests.environment import SECRET_KEY
from tests.people import Person


def manage_token(booking_id: str, reader: Person, generation: int = 0) -> str:
    salt = f"link to one booking for {reader.email}"
    signer = Signer(SECRET_KEY, salt, key_derivation="hmac", digest_method=sha256)
    return signer.sign(f"{UUID(booking_id).hex}.{generation}").decode()
