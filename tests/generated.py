"""How many cases a test generates: few by default, many where HYPOTHESIS_PROFILE=ci, as in .ci/run."""

from hypothesis import settings


def examples(default: int, ci: int) -> int:
    """The one that the profile asks for, which tests/conftest.py has loaded."""
    return ci if settings.get_current_profile_name() == "ci" else default
