"""The files that a platform reads."""

from pathlib import Path

from honcho.environ import parse_procfile

ROOT = Path(__file__).parents[2]
PROCFILE: dict[str, str] = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
