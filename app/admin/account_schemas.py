"""Accounts as the operator sees them."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from app.accounts.models import Role
from app.accounts.schemas import AccountView
from app.http.pagination import Span
from app.http.schema_types import Instant, View


class AccountState(StrEnum):
    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    ERASED = "erased"


class AccountSearch(Span):
    email: Annotated[str | None, Field(max_length=254)] = None
    role: Role | None = None
    state: AccountState | None = None


class OperatorsAccountView(AccountView):
    deactivated_at: Instant | None
    erased_at: Instant | None


class AccountDetail(OperatorsAccountView):
    sign_ins: int
    """How many go on."""


class AccountList(View):
    items: list[OperatorsAccountView]
    next_cursor: str | None
