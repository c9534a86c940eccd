"""The application, and the bare one beside it in the same processes."""

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from app import create_app
from bench.bare import PREFIX, bare

app = DispatcherMiddleware(create_app(), {PREFIX: bare})
