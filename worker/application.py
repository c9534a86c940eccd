"""The Flask application, inside whose context tasks run."""

from app import create_app

flask_app = create_app()
