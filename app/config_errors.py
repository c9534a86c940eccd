"""What is said when the settings of the environment are missing or wrong."""

from typing import Any

from app import bad_values


class BadSettings(SystemExit):
    """Stops the start and names every variable that is missing or wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["CultureBridge cannot start with these settings:", *problems]))


def sentence(problem: Any) -> str:
    """One of pydantic's errors, in a line that begins with the variable."""
    name = str(problem["loc"][0]).upper()
    if problem["type"] == "missing":
        return f"- {name} is missing{_REMEDIES.get(name, '')}"
    return f"- {name} {bad_values.predicate(problem)}"


_REMEDIES = dict.fromkeys(
    ("DATABASE_URL", "REDIS_URL"), ": set it; on a laptop, `make run` in another terminal sets it for you"
)
