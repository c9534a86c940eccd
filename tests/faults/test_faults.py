"""Whatever dies in the middle of trade: nothing is lost, and nothing comes twice.

The short form of `make faults`, which strikes one after the other, and more of them.
"""

import pytest

from tests.faults import broker, database, friends, machines, oddities
from tests.faults.fault import Fault, Scene, at_once, in_turn, struck
from tests.faults.outside import Post

OF_MACHINES = in_turn(machines.CHILD_KILLED, at_once(machines.WEB_KILLED, machines.WORKER_TOLD_TO_END))
OF_SERVERS = in_turn(broker.AWAY, database.AWAY_WHILE_STRIPE_DELIVERS)
OF_FRIENDS = at_once(
    friends.STRIPE_CUTS_THE_LINE,
    friends.SMTP_GREYLISTS,
    friends.SMTP_KNOWS_ONE_NOT,
    database.DEADLOCK,
    oddities.SAME_EVENT_AT_ONCE,
    oddities.POISON,
)


@pytest.mark.parametrize("fault", [OF_MACHINES, OF_SERVERS, OF_FRIENDS], ids=str)
def test_nothing_is_lost_and_nothing_comes_twice(scene: Scene, post: Post, fault: Fault) -> None:
    assert struck(fault, scene, post).wrongs == []
