"""docs/settings.md lists every setting once, with the default that the code has."""

import re
from collections import Counter
from enum import StrEnum

import pytest
from pydantic.fields import FieldInfo

from app.config.settings import Settings
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs/settings.md").read_text()
ROWS = re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \| (.+) \|$", PAGE, re.MULTILINE)
FIELDS = {str(field.validation_alias or name).upper(): field for name, field in Settings.model_fields.items()}
READ_BY_THE_SANDBOX = {"SANDBOX_MAILBOX_PORT"}


def test_every_setting_is_listed_once() -> None:
    assert Counter(name for name, _, _ in ROWS) == Counter([*FIELDS, *READ_BY_THE_SANDBOX])


@pytest.mark.parametrize(("name", "shown"), [(name, shown) for name, shown, _ in ROWS if name in FIELDS])
def test_the_default_is_the_code_s(name: str, shown: str) -> None:
    assert shown == default(FIELDS[name])


def test_the_day_one_table_of_the_readme_names_settings_only() -> None:
    table = (ROOT / "README.md").read_text().partition("## Settings for day one")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", table))
    required = {name for name, field in FIELDS.items() if field.is_required()}

    assert named <= set(FIELDS)
    assert required <= named


def default(field: FieldInfo) -> str:
    """As the page writes it."""
    if field.is_required():
        return "required"
    if field.default is None or field.default == ():
        return "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default.value if isinstance(field.default, StrEnum) else field.default}`"
