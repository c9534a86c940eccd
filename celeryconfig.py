"""The task queue: broker, delivery guarantees, queues and the beat schedule.

What Celery does when a process or the broker dies was measured, not read: reasons stand beside the values.
"""

from celery.schedules import crontab
from kombu import Exchange, Queue

from app.config import tls
from app.config.settings import Settings
from app.queue import redis_transport
from app.queue.names import QueueNames, TaskNames

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
    for name in QueueNames
]
worker_detect_quorum_queues = True
broker_native_delayed_delivery_queue_type = "quorum"
task_default_queue = QueueNames.SCHEDULE
task_routes = {
    "payments.reconcile_*": {"queue": QueueNames.SCHEDULE},
    "payments.*": {"queue": QueueNames.EVENTS},
    "emails.*": {"queue": QueueNames.EMAIL},
    TaskNames.PING_EVENTS: {"queue": QueueNames.EVENTS},
    TaskNames.PING_EMAIL: {"queue": QueueNames.EMAIL},
}

# What a lost message leaves undone is found by these; one that comes too late to its turn is not needed.
_sweep = {
    "schedule": _settings.requeue_interval_seconds,
    "options": {"expires": _settings.requeue_interval_seconds},
}

beat_schedule = {
    "reminders": {"task": TaskNames.REQUEUE_DUE_REMINDERS, "schedule": 60, "options": {"expires": 60}},
    "late reminders": {"task": TaskNames.WITHDRAW_LATE_REMINDERS, "schedule": 60, "options": {"expires": 60}},
    "past sessions": {"task": TaskNames.COMPLETE_PAST_SESSIONS, "schedule": 300, "options": {"expires": 300}},
    "old idempotency keys": {
        "task": TaskNames.DELETE_IDEMPOTENCY_KEYS,
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "old events": {
        "task": TaskNames.DELETE_EVENTS,
        "schedule": crontab(minute="11"),
        "options": {"expires": 3600},
    },
    "old mails": {
        "task": TaskNames.DELETE_EMAILS,
        "schedule": crontab(minute="41"),
        "options": {"expires": 3600},
    },
    "old alerts": {
        "task": TaskNames.DELETE_ALERTS,
        "schedule": crontab(minute="51"),
        "options": {"expires": 3600},
    },
    "old refused sign-ins": {
        "task": TaskNames.DELETE_REFUSED_SIGN_INS,
        "schedule": crontab(minute="1"),
        "options": {"expires": 3600},
    },
    "personal values of events": {
        "task": TaskNames.REDACT_EVENTS,
        "schedule": crontab(minute="21"),
        "options": {"expires": 3600},
    },
    "old evidence": {
        "task": TaskNames.DELETE_EVIDENCE,
        "schedule": crontab(minute="31"),
        "options": {"expires": 3600},
    },
    "old unpaid holds": {
        "task": TaskNames.DELETE_UNPAID_HOLDS,
        "schedule": crontab(minute="1"),
        "options": {"expires": 3600},
    },
    "stale search texts": {
        "task": TaskNames.CORRECT_SEARCH_TEXTS,
        "schedule": crontab(hour="2", minute="47"),
        "options": {"expires": 3600},
    },
    "mails that name the erased": {
        "task": TaskNames.REDACT_EMAILS,
        "schedule": 60,
        "options": {"expires": 60},
    },
    "unsent alerts": {"task": TaskNames.SEND_ALERTS, **_sweep},
    "due links": {"task": TaskNames.REQUEUE_DUE_VIDEO_LINKS, **_sweep},
    "stale holds": {"task": TaskNames.EXPIRE_HOLDS, **_sweep},
    "due events": {"task": TaskNames.REQUEUE_DUE_EVENTS, **_sweep},
    "due refunds": {"task": TaskNames.REQUEUE_DUE_REFUNDS, **_sweep},
    "due transfers": {"task": TaskNames.REQUEUE_DUE_RECOVERIES, **_sweep},
    "due mails": {"task": TaskNames.REQUEUE_DUE_EMAILS, **_sweep},
    "recent differences": {
        "task": TaskNames.RECONCILE_RECENT,
        "schedule": 300,
        "options": {"expires": 300},
    },
    "nightly differences": {
        "task": TaskNames.RECONCILE_NIGHTLY,
        "schedule": crontab(hour="3", minute="17"),
        "options": {"expires": 3600},
    },
    "unknown fees": {"task": TaskNames.REQUEUE_DUE_FEES, "schedule": 60, "options": {"expires": 60}},
    "dispute deadlines": {
        "task": TaskNames.WARN_OF_DISPUTE_DEADLINES,
        "schedule": 600,
        "options": {"expires": 600},
    },
    "payout accounts": {
        "task": TaskNames.REQUEUE_DUE_PAYOUT_ACCOUNTS,
        "schedule": 60,
        "options": {"expires": 60},
    },
}
