"""What is encrypted at rest, and the keys that it is encrypted with."""

import pytest
from flask import Flask
from pydantic import SecretStr

from app.config.settings import current_settings
from tests.accounts.two_factor.authenticator import Phone, clock
from tests.configuration import Configure
from tests.people import Person

__all__ = ["clock"]
pytestmark = pytest.mark.usefixtures("clock")
NEW_KEY = "another key altogether, long enough 0123"


def has_keys(configure: Configure, *keys: str) -> None:
    """As if the process was started with this SECRET_KEY."""
    configure(secret_keys=tuple(map(SecretStr, keys)))


def test_keys_are_rotated_and_the_app_goes_on_making_good_codes(
    app: Flask, client: Person, coach: Person, configure: Configure
) -> None:
    used, unused = Phone.of(client), Phone.of(coach)
    (old,) = (key.get_secret_value() for key in current_settings().secret_keys)
    has_keys(configure, NEW_KEY, old)
    assert used.signs_in(used.shows()).status_code == 200

    done = app.test_cli_runner().invoke(args=["account", "reencrypt-secrets"])
    assert (done.exit_code, "2 of 2 are encrypted" in done.output) == (0, True)

    has_keys(configure, NEW_KEY)
    assert used.signs_in(used.shows(1)).status_code == 200
    assert unused.signs_in(unused.shows()).status_code == 200


def test_a_code_that_is_used_moves_its_secret_to_the_newest_key(
    app: Flask, client: Person, configure: Configure
) -> None:
    phone = Phone.of(client)
    (old,) = (key.get_secret_value() for key in current_settings().secret_keys)
    has_keys(configure, NEW_KEY, old)
    phone.signs_in(phone.shows())

    has_keys(configure, NEW_KEY)

    assert phone.signs_in(phone.shows(1)).status_code == 200


def test_without_its_key_a_second_factor_opens_by_recovery_code_alone(
    app: Flask, client: Person, configure: Configure
) -> None:
    phone = Phone.of(client)
    has_keys(configure, NEW_KEY)

    assert phone.signs_in(phone.shows()).status_code == 401
    assert phone.signs_in(phone.recovery_codes[0]).status_code == 200

    done = app.test_cli_runner().invoke(args=["account", "reencrypt-secrets"])
    assert done.exit_code == 1
    assert "0 of 1 are encrypted" in done.output
    assert f"decrypts those of: {client.id}" in done.output
