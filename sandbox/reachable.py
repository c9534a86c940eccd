"""Whether servers answer: those that somebody named before anything is started, and then our own."""

from collections.abc import Mapping

import httpx
import psycopg
from redis import Redis
from redis.exceptions import RedisError

PATIENCE_SECONDS = 3


class ServersAway(SystemExit):
    """Stops the start, and names every server that does not answer with the variable that names it."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["CultureBridge cannot start without these servers:", *problems]))


def refuse_unreachable(environ: Mapping[str, str]) -> None:
    """Raises ServersAway when DATABASE_URL or REDIS_URL is set and nobody answers there."""
    problems = []
    if url := environ.get("DATABASE_URL"):
        problems += _trouble_with_database(url)
    if url := environ.get("REDIS_URL"):
        problems += _trouble_with_redis(url)
    if problems:
        raise ServersAway(problems)


def trouble_at(url: str) -> str | None:
    """What keeps the address from answering 200, None when it does."""
    try:
        answer = httpx.get(url, timeout=5)
    except httpx.HTTPError as error:
        return str(error)
    return None if answer.status_code == 200 else f"{answer.status_code} {answer.text}"


def _trouble_with_database(url: str) -> list[str]:
    _, _, rest = url.partition("://")
    try:
        psycopg.connect(f"postgresql://{rest}", connect_timeout=PATIENCE_SECONDS).close()
    except psycopg.Error as error:
        return [_sentence("DATABASE_URL", error)]
    return []


def _trouble_with_redis(url: str) -> list[str]:
    try:
        with Redis.from_url(url, socket_timeout=PATIENCE_SECONDS) as redis:
            redis.ping()
    except (RedisError, ValueError) as error:
        return [_sentence("REDIS_URL", error)]
    return []


def _sentence(variable: str, error: Exception) -> str:
    reason = str(error).strip().partition("\n")[0]
    return f"- {variable}: {reason}. Start it, correct the variable, or unset it to have one started for you"
