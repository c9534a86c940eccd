"""GET /metrics: the counters of requests, and backlogs as they are when scraped."""

import os
from collections.abc import Iterator
from hmac import compare_digest

from apiflask import APIBlueprint
from flask import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from app import alerts
from app.config.environment import Environment
from app.config.settings import current_settings
from app.http import bearer
from app.http.access_rule import public
from app.http.problems import NotFound, Unauthorized
from app.monitoring import backlog

metrics = APIBlueprint("metrics", __name__, enable_openapi=True)


@metrics.get("/metrics")
@public
def show_metrics() -> Response:
    """Prometheus metrics of requests, queues and backlogs, guarded by METRICS_TOKEN."""
    settings = current_settings()
    token = settings.metrics_token
    if token is None and settings.app_env is Environment.PRODUCTION:
        raise NotFound("There is nothing at this path: METRICS_TOKEN is not set.")
    sent = bearer.token() or ""
    if token and not compare_digest(sent.encode(), token.get_secret_value().encode()):
        raise Unauthorized("Send METRICS_TOKEN as the bearer token.")
    return Response(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    """The counters of this process (under gunicorn, of all its processes) and the current backlogs."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    registry.register(_Waiting())
    return registry


class _Waiting(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = backlog.backlogs() | {"hold": backlog.holds()}
        waiting = GaugeMetricFamily("culturebridge_waiting", "Rows whose work is not done.", labels=["kind"])
        failed = GaugeMetricFamily("culturebridge_failed", "Rows that were given up.", labels=["kind"])
        oldest = GaugeMetricFamily(
            "culturebridge_oldest_waiting_seconds", "Age of the oldest that waits.", labels=["kind"]
        )
        for kind, each in found.items():
            waiting.add_metric([kind], each.waiting)
            failed.add_metric([kind], each.failed)
            oldest.add_metric([kind], each.oldest_waiting_seconds)
        yield from (waiting, failed, oldest)
        untold = GaugeMetricFamily(
            "culturebridge_untold", "Alerts not yet sent to OPS_EMAIL.", labels=["kind"]
        )
        for trouble, number in alerts.unsent_counts().items():
            untold.add_metric([trouble], number)
        yield untold
        depth = GaugeMetricFamily("culturebridge_queue_messages", "Messages on a queue.", labels=["queue"])
        for queue, messages in (backlog.queue_depths() or {}).items():
            depth.add_metric([queue], messages)
        yield depth
