"""`make faults`: every plug pulled while people book and pay, and what became of it all."""

import argparse
import json
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.faults import anomalies, broker, database, external_services, killed_processes
from tests.faults.consistency import Verdict
from tests.faults.external_state import Post
from tests.faults.fault import Fault, Outcome, Scene, struck
from tests.faults.quiescence import reconcile
from tests.faults.report import Report
from tests.faults.system import running
from tests.faults.traffic import traffic_to

ALL = [
    *killed_processes.KILLS,
    *killed_processes.ENDS,
    *broker.FAULTS,
    *database.FAULTS,
    *external_services.STRIPE,
    *external_services.SMTP,
    *external_services.SLOW,
    *anomalies.FAULTS,
    *anomalies.SLOW,
]
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """0 when nothing was lost and nothing came twice; else what was is named."""
    wish = _wish()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # all is ended on the way
    faults = [fault for fault in ALL if re.search(wish.only, fault.name)]
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        report = _reported(faults, wish, Path(folder))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "faults.json").write_text(f"{json.dumps(report.found(), indent=2)}\n")
    print(f"\n{report.table()}\n")
    print("\n".join(report.wrongs) or "Nothing was lost, and nothing came twice.")
    return bool(report.wrongs)


def _reported(faults: list[Fault], wish: argparse.Namespace, folder: Path) -> Report:
    with running(folder) as system, traffic_to(system.url, system.sandbox) as traffic:
        scene, post = Scene(system, traffic, wish.away), Post(system.sandbox)
        report, began = Report(scene), time.monotonic()
        for fault in faults:
            outcome = _struck(fault, scene, post)
            report.outcomes.append(outcome)
            print("{:5.1f} {:5.1f} {:5.1f} s".format(*outcome.seconds), fault, sep="  ", flush=True)
            print(*(f"    {wrong}" for wrong in outcome.wrongs), sep="\n", flush=True)
        compared = reconcile(system)
        report.differences = compared.stdout if compared.returncode else ""
        report.seconds = time.monotonic() - began
        if wish.logs:
            print(system.read_logs())
    return report


def _struck(fault: Fault, scene: Scene, post: Post) -> Outcome:
    """A story that does not come to its end is a finding too, and the next one is told all the same."""
    try:
        return struck(fault, scene, post)
    except AssertionError as error:
        scene.system.sandbox.behaves()
        return Outcome(fault, Verdict(lost=[str(error)[-2000:]]), [], 0, 0, 0, (0, 0, 0))


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", help="faults whose name this pattern finds")
    parser.add_argument("--away", type=float, default=30, help="how many seconds a server stays away")
    parser.add_argument("--logs", action="store_true", help="show the ends of all logs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
