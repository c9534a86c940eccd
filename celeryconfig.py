"""The task queue: broker, delivery guarantees, queues and the beat schedule.

What Celery does when a process or the broker dies was measured, not read: reasons stand beside the values.
"""

from celery.schedules import crontab
from kombu import Exchange, Queue

from app.config import tls
from app.config.settings import Settings
from app.queue import redis_transport

_settings = Settings.load()
broker_url = _settings.broker
_on_redis = redis_transport.speaks(broker_url)
if _on_redis:  # kombu verifies nobody where the URL does not say so; redis-py does
    broker_url = tls.redis_url(broker_url, None, None)
broker_use_ssl = tls.amqps_options() if broker_url.startswith("amqps") else None
broker_connection_retry_on_startup = True
broker_connection_max_retries = None  # a worker waits for its broker for as long as it takes
broker_transport_options = (
    {
        "visibility_timeout": 900,  # above the time limit: a job still running must not run twice
        "unacked_restore_interval": 10,  # killed workers' jobs come back after the timeout, not nine times it
        "unacked_restore_throttle": 1,
        "socket_timeout": 1,  # a frozen broker must not hold a request; workers are more patient
        "socket_connect_timeout": 1,
        "health_check_interval": 25,
        "max_connections": 50,
        "max_retries": 0,  # a request tells its caller within a second; the caller tries again
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.2,
    }
    if _on_redis
    else {"confirm_publish": True}  # a job counts as enqueued once a majority of RabbitMQ's machines has it
)
task_publish_retry_policy = {"max_retries": 0, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2}
task_ignore_result = True  # state lives in PostgreSQL only
task_serializer = "json"
accept_content = ["json"]

task_acks_late = True  # a job that dies with its process is delivered again
task_reject_on_worker_lost = True  # without it SIGTERM under load loses the running jobs
task_time_limit = 120
task_soft_time_limit = 90
worker_prefetch_multiplier = 1
worker_soft_shutdown_timeout = 8  # seconds to finish after the platform's SIGTERM, then jobs go back
worker_enable_remote_control = False  # together with --without-gossip: else a lost broker kills the worker
worker_cancel_long_running_tasks_on_connection_loss = True
worker_hijack_root_logger = False
worker_max_tasks_per_child = 10_000

# A flood of one kind starves none of the others: each has a queue of its own, and an exchange of its own, as
# queues that share one would each get every job. RabbitMQ's are quorum queues, which outlive a machine, and
# behind topic exchanges: it binds nothing else to the queues in which a countdown waits.
_exchange_type, _queue_arguments = ("direct", {}) if _on_redis else ("topic", {"x-queue-type": "quorum"})
task_queues = [
    Queue(name, Exchange(name, type=_exchange_type), routing_key=name, queue_arguments=_queue_arguments)
    for name in ("events", "email", "schedule")
]
worker_detect_quorum_queues = True
broker_native_delayed_delivery_queue_type = "quorum"
task_default_queue = "schedule"
task_routes = {
    "payments.reconcile_*": {"queue": "schedule"},
    "payments.*": {"queue": "events"},
    "emails.*": {"queue": "email"},
    "events.ping": {"queue": "events"},
    "email.ping": {"queue": "email"},
}

# What a lost message leaves undone is found by these; one that comes too late to its turn is not needed.
_sweep = {
    "schedule": _settings.requeue_interval_seconds,
    "options": {"expires": _settings.requeue_interval_seconds},
}

beat_schedule = {
    "reminders": {"task": "bookings.requeue_due_reminders", "schedule": 60, "options": {"expires": 60}},
    "past sessions": {"task": "bookings.complete_past", "schedule": 300, "options": {"expires": 300}},
    "old idempotency keys": {
        "task": "maintenance.delete_idempotency_keys",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "old events": {
        "task": "maintenance.delete_events",
        "schedule": crontab(minute="11"),
        "options": {"expires": 3600},
    },
    "old mails": {
        "task": "maintenance.delete_emails",
        "schedule": crontab(minute="41"),
        "options": {"expires": 3600},
    },
    "old alerts": {
        "task": "maintenance.delete_alerts",
        "schedule": crontab(minute="51"),
        "options": {"expires": 3600},
    },
    "old refused sign-ins": {
        "task": "maintenance.delete_refused_sign_ins",
        "schedule": crontab(minute="1"),
        "options": {"expires": 3600},
    },
    "personal values of events": {
        "task": "maintenance.redact_events",
        "schedule": crontab(minute="21"),
        "options": {"expires": 3600},
    },
    "old evidence": {
        "task": "maintenance.delete_evidence",
        "schedule": crontab(minute="31"),
        "options": {"expires": 3600},
    },
    "old unpaid holds": {
        "task": "maintenance.delete_unpaid_holds",
        "schedule": crontab(minute="1"),
        "options": {"expires": 3600},
    },
    "stale search texts": {
        "task": "maintenance.correct_search_texts",
        "schedule": crontab(hour="2", minute="47"),
        "options": {"expires": 3600},
    },
    "mails that name the erased": {
        "task": "maintenance.redact_emails",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "unsent alerts": {"task": "maintenance.send_alerts", **_sweep},
    "due links": {"task": "bookings.requeue_due_video_links", **_sweep},
    "stale holds": {"task": "bookings.expire_holds", **_sweep},
    "due events": {"task": "payments.requeue_due_events", **_sweep},
    "due refunds": {"task": "payments.requeue_due_refunds", **_sweep},
    "due transfers": {"task": "payments.requeue_due_recoveries", **_sweep},
    "due mails": {"task": "emails.requeue_due", **_sweep},
    "recent differences": {
        "task": "payments.reconcile_recent",
        "schedule": 300,
        "options": {"expires": 300},
    },
    "nightly differences": {
        "task": "payments.reconcile_nightly",
        "schedule": crontab(hour="3", minute="17"),
        "options": {"expires": 3600},
    },
    "unknown fees": {"task": "payments.requeue_due_fees", "schedule": 60, "options": {"expires": 60}},
    "dispute deadlines": {
        "task": "payments.warn_of_dispute_deadlines",
        "schedule": 600,
        "options": {"expires": 600},
    },
    "payout accounts": {
        "task": "payments.requeue_due_payout_accounts",
        "schedule": 60,
        "options": {"expires": 60},
    },
}
