"""Mass assignment: what a route does not ask for, nobody can set by sending it."""

from collections import defaultdict
from typing import Any

import httpx
import pytest
from flask import Flask

from tests.accounts.test_access import World, asked_of, people, shop, world
from tests.attacks.described import WRITING, places
