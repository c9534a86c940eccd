from app.accounts.schemas import Password
from app.accounts.two_factor.schemas import Code
from app.http.schema_types import Body


class Erasure(Body):
    """Proof that the owner asks, not someone who found a signed-in device."""

    password: Password | None = None
    """Required: without it the answer is a 403 of type password-needed."""
    code: Code | None = None
    """With a second factor: the code that the app shows, or a recovery code."""
