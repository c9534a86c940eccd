"""How many cases a test generates: few by default, more where HYPOTHESIS_PROFILE=ci, as in .ci/run.

Those of ci are chosen so that all tests together take two minutes longer on two cores, and one of them half a
minute at most: who wants more asks for it by a variable (STORIES, FUZZ, ORDERS_OF), as `make faults` does.
"""

from hypothesis import settings


def examples(default: int, ci: int) -> int:
    """The one that the profile asks for, which tests/conftest.py has loaded."""
    return ci if settings.get_current_profile_name() == "ci" else default
