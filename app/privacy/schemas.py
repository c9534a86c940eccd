from app.accounts.schemas import Password
from app.accounts.two_factor.schemas import Code
from app.http.schema_types import Body


class Erasure(Body):
    """Shows that it is the owner who asks, and not whoever found a device signed in."""

    password: Password | None = None
    """Always needed: without it the answer is a 403 of type password-needed."""
    code: Code | None = None
    """Where a second factor is on: what the app shows, or a recovery code."""
