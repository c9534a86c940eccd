"""The Flask application: API, hosted pages, dashboard, controls."""

from datetime import UTC, datetime

from flask import Flask

from sandbox.stripe import api, hosted_page
from sandbox.stripe.account import Account
from sandbox.stripe.amounts import written
from sandbox.stripe.connect import onboarding
from sandbox.stripe.controls import panel
from sandbox.stripe.dashboard import site


def create_app(account: Account) -> Flask:
    """The application that plays this account."""
    app = Flask("sandbox.stripe")
    app.jinja_env.filters["money"] = written
    app.jinja_env.filters["day"] = lambda time: datetime.fromtimestamp(time, UTC).strftime("%d %B %Y")
    app.jinja_env.filters["moment"] = lambda time: datetime.fromtimestamp(time, UTC).strftime(
        "%d %b %H:%M:%S"
    )
    app.register_blueprint(api.blueprint(account))
    app.register_blueprint(panel.blueprint(account))
    app.register_blueprint(hosted_page.blueprint(account))
    app.register_blueprint(onboarding.blueprint(account))
    app.register_blueprint(site.blueprint(account))
    return app
