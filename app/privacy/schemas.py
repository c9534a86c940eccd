from pydantic import Field

from app.accounts.schemas import Password
from app.fields import Body


class Erasure(Body):
    password: Password | None = Field(default=None)
    """Needed once the sign-in is older than 15 minutes."""
