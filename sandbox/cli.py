"""What the flask command loads in development (FLASK_APP): the application, and `flask demo` besides."""

from app import create_app
from sandbox.demo import demo

app = create_app()
app.cli.add_command(demo)
