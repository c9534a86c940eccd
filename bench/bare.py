"""A bare Flask application that does nothing: the least that a request costs."""

from flask import Flask

PREFIX = "/bare"

bare = Flask("bare")


@bare.post("/webhook")
def nothing() -> dict[str, bool]:
    """What the webhook answers, for nothing."""
    return {"received": True}


@bare.get("/health/ready")
def ready() -> dict[str, bool]:
    """That it runs; it needs nobody else."""
    return {"ready": True}
