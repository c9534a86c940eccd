"""What `make` installs is what the lock says, on any day and by any pip."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.install.simulated_index import lay_out

ROOT = Path(__file__).parents[2]
FILES = (ROOT / name for name in ("Makefile", "Dockerfile", "CONTRIBUTING.md"))
INSTALLING = [path for path in FILES if path.exists()]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with our Makefile and the lock of an index that has moved on since."""
    index, lock = lay_out(tmp_path / "index")
    place = tmp_path / "a checkout"
    place.mkdir()
    shutil.copy(ROOT / "Makefile", place)
    (place / "requirements.txt").write_text(lock)
    (place / "requirements-dev.txt").write_text(lock)
    (tmp_path / "index-url").write_text(index)
    return place


def install(checkout: Path, python: str = sys.executable, **more: str) -> "subprocess.CompletedProcess[str]":
    """`make .venv/installed`, with no settings of pip but where the index is."""
    index = (checkout.parent / "index-url").read_text()
    environment = {"PATH": os.environ["PATH"], "HOME": str(checkout.parent), "PIP_INDEX_URL": index}
    command = ["make", ".venv/installed", f"PYTHON={python}"]
    return subprocess.run(
        command, cwd=checkout, env=environment | more, capture_output=True, text=True, check=False
    )


def installed_version(checkout: Path, package: str) -> str:
    command = [checkout / ".venv/bin/python", "-c", f"import {package}; print({package}.VERSION)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_lock_is_installed_as_it_stands_or_not_at_all(checkout: Path) -> None:
    """Into what Debian leaves behind where python3-venv is missing: an environment without pip."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    locked = checkout / "requirements-dev.txt"
    lock = locked.read_text()

    locked.write_text(lock.replace("sha256:", "sha256:0000", 1))
    tampered = install(checkout)
    assert tampered.returncode != 0
    assert not (checkout / ".venv/installed").exists()

    locked.write_text(lock.splitlines(keepends=True)[1])
    incomplete = install(checkout)
    assert incomplete.returncode != 0
    assert "outer 1.0 requires inner, which is not installed" in incomplete.stdout
    assert "remove .venv, and run make again" in incomplete.stderr

    locked.write_text(lock)
    done = install(checkout)
    assert done.returncode == 0, done.stderr
    assert installed_version(checkout, "outer") == "1.0"
    assert installed_version(checkout, "inner") == "1.0", "the index has 2.0 too"


def test_a_python_that_a_version_file_hides_is_found(checkout: Path, tmp_path: Path) -> None:
    """pyenv's python3 refuses to run in a folder whose .python-version it does not have."""
    (checkout / ".python-version").write_text("3.13\n")
    (checkout / "requirements-dev.txt").write_text("")
    shim = tmp_path / "programs" / "python3"
    shim.parent.mkdir()
    real = Path(sys.executable).resolve()
    shim.write_text(f'#!/bin/sh\n[ ! -e .python-version ] || exit 127\nexec {real} "$@"\n')
    shim.chmod(0o755)

    done = install(checkout, "python3", PATH=f"{shim.parent}:/usr/bin:/bin")

    assert done.returncode == 0, done.stderr
    assert (checkout / ".venv/installed").exists()


def test_a_python_that_was_not_tried_is_refused_with_those_that_were(checkout: Path) -> None:
    makefile = (checkout / "Makefile").read_text()
    (checkout / "Makefile").write_text(
        makefile.replace("(3, 11) <= sys.version_info", "(9, 0) <= sys.version_info")
    )

    done = install(checkout)

    assert done.returncode != 0
    assert "needs Python 3.11, 3.12, 3.13 or 3.14" in done.stderr


def test_everything_that_installs_a_lock_installs_it_as_it_stands() -> None:
    """Named here, as a pip that resolves rightly would not notice on the day of the test."""
    found = 0
    for path in INSTALLING:
        for line in path.read_text().splitlines():
            if re.search(r"-m pip install\b", line):
                assert "--no-deps" in line, f"{path.name}: {line}"
                assert "--require-hashes" in line, f"{path.name}: {line}"
                found += 1
    assert found


def test_the_pythons_that_are_promised_are_the_same_everywhere() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    makefile = (ROOT / "Makefile").read_text()
    bounds = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', project)
    assert bounds
    first, after = map(int, bounds.groups())
    assert f"(3, {first}) <= sys.version_info < (3, {after})" in makefile
    promised = [f"3.{minor}" for minor in range(first, after)]
    assert re.findall(r'"Programming Language :: Python :: (3\.\d+)"', project) == promised
    assert re.findall(r"python(3\.\d+)", makefile.replace("python3.x", "")) == promised[::-1]
    assert (ROOT / ".python-version").read_text().strip() in promised
