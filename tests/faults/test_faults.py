"""Whatever dies in the middle of traffic: nothing is lost, and nothing comes twice.

The short form of `make faults`, which strikes one after the other, and more of them.
"""

import pytest

from tests.faults import anomalies, broker, database, external_services, killed_processes
from tests.faults.external_state import Post
from tests.faults.fault import Fault, Scene, at_once, in_turn, struck

OF_MACHINES = in_turn(
    killed_processes.CHILD_KILLED, at_once(killed_processes.WEB_KILLED, killed_processes.WORKER_TOLD_TO_END)
)
OF_SERVERS = in_turn(broker.AWAY, database.AWAY_WHILE_STRIPE_DELIVERS)
OF_FRIENDS = at_once(
    external_services.STRIPE_CUTS_THE_LINE,
    external_services.SMTP_GREYLISTS,
    external_services.SMTP_KNOWS_ONE_NOT,
    database.DEADLOCK,
    anomalies.SAME_EVENT_AT_ONCE,
    anomalies.POISON,
)


@pytest.mark.parametrize("fault", [OF_MACHINES, OF_SERVERS, OF_FRIENDS], ids=str)
def test_nothing_is_lost_and_nothing_comes_twice(scene: Scene, post: Post, fault: Fault) -> None:
    assert struck(fault, scene, post).wrongs == []
