"""Prometheus metrics of requests: how many were answered, how, and in which time."""

import time

from flask import Response, g, request
from prometheus_client import Counter, Histogram

REQUESTS = Counter("culturebridge_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "culturebridge_request_seconds",
    "Time to the answer.",
    ["route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def observe(response: Response) -> Response:
    """Count a request by its route, never by its path, whose ids would create unbounded label values."""
    route = request.url_rule.rule if request.url_rule else "none"
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    count(request.method, route, response.status_code, seconds)
    return response


def count(method: str, route: str, status: int, seconds: float) -> None:
    REQUESTS.labels(method, route, status).inc()
    SECONDS.labels(route).observe(seconds)
