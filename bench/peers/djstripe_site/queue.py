"""What dj-stripe calls with a verified delivery."""


def enqueue(trigger: object, api_key: str) -> None:
    """Here the event would be enqueued."""
