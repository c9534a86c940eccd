"""Idempotency keys, by the rules of Stripe's page "Idempotent requests"."""

from dataclasses import dataclass
from typing import Any

from sandbox.stripe.clock import Clock
from sandbox.stripe.errors import InvalidParameter, KeyInUse, KeyReused

LONGEST = 255
KEPT_SECONDS = 24 * 60 * 60


@dataclass
class Answer:
    """What was answered, to be given again."""

    status: int
    body: dict[str, Any]
    retry_after_seconds: int | None = None


@dataclass
class Use:
    """The first request under a key; `answer` is None while it runs."""

    path: str
    params: dict[str, Any]
    since: int
    answer: Answer | None = None


class IdempotencyKeys:
    """The keys of the last day. Callers hold the account's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._uses: dict[str, Use] = {}

    def begin(self, key: str, path: str, params: dict[str, Any]) -> Answer | None:
        """The stored answer, or None when this request is the first and must be run.

        Raises KeyInUse while the first still runs, KeyReused when this is another request.
        """
        if len(key) > LONGEST:
            raise InvalidParameter(f"Idempotency keys must be at most {LONGEST} characters long")
        self._forget_old()
        use = self._uses.get(key)
        if use is None:
            self._uses[key] = Use(path, params, self._clock.now())
            return None
        if use.path != path or use.params != params:
            raise _reused(key, use, path)
        if use.answer is None:
            raise KeyInUse(
                "There is currently another in-progress request using this Idempotent Key (that probably "
                f"means you submitted twice, and the other request is still going through): {key}. "
                "Please try again later.",
                code="idempotency_key_in_use",
            )
        return use.answer

    def keep(self, key: str, answer: Answer) -> None:
        """Give this answer to every repetition, be it a 500."""
        if key in self._uses:  # gone when everything was reset meanwhile
            self._uses[key].answer = answer

    def release(self, key: str) -> None:
        """The request failed before its work began: the key may be used again."""
        self._uses.pop(key, None)

    def _forget_old(self) -> None:
        oldest = self._clock.now() - KEPT_SECONDS
        self._uses = {key: use for key, use in self._uses.items() if use.since > oldest}


def _reused(key: str, use: Use, path: str) -> KeyReused:
    if use.path != path:
        return KeyReused(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for "
            f"('{use.path}' vs '{path}'). Try using a key other than '{key}' if you meant to execute a "
            "different request."
        )
    return KeyReused(
        "Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
