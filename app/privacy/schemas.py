from app.accounts.schemas import Password
from app.accounts.second_factor_schemas import Code
from app.fields import Body


class Erasure(Body):
    """Both are needed once the sign-in is older than 15 minutes."""

    password: Password | None = None
    code: Code | None = None
    """Where a second factor is on: what the app shows, or a recovery code."""
