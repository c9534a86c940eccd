"""The application in this process, and the world around it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask

from app.extensions import db
from tests.people import Sandbox

Result = TypeVar("Result")


@dataclass
class Application:
    """The application in this process together with the fake Stripe and the mailbox."""

    app: Flask
    sandbox: Sandbox

    def work(self, job: Callable[..., Result], *args: Any) -> Result:
        """Do what a worker does, with a session of its own."""
        with self.app.app_context():
            result = job(*args)
            db.session.commit()
            return result
