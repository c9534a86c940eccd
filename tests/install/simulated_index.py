"""A package index in a folder, one of whose two packages has a newer release than the lock."""

import hashlib
import zipfile
from pathlib import Path

WHEEL = "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def lay_out(folder: Path) -> tuple[str, str]:
    """The index's address, and a complete lock of the older releases."""
    outer = _wheel(folder, "outer", "1.0", "Requires-Dist: inner[extra]>=1.0\n")
    inner = _wheel(folder, "inner", "1.0", "Provides-Extra: extra\n")
    _wheel(folder, "inner", "2.0", "Provides-Extra: extra\n")
    for name in ("outer", "inner"):
        links = [f'<a href="{wheel.name}">{wheel.name}</a>' for wheel in (folder / name).glob("*.whl")]
        (folder / name / "index.html").write_text("<!DOCTYPE html>" + "".join(links))
    return folder.as_uri(), _locked(inner) + _locked(outer)


def _wheel(folder: Path, name: str, version: str, more: str) -> Path:
    wheel = folder / name / f"{name}-{version}-py3-none-any.whl"
    wheel.parent.mkdir(parents=True, exist_ok=True)
    information = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}",
        f"{information}/WHEEL": WHEEL,
    }
    record = "".join(f"{path},,\n" for path in [*files, f"{information}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, content in {**files, f"{information}/RECORD": record}.items():
            archive.writestr(path, content)
    return wheel


def _locked(wheel: Path) -> str:
    name, version, _ = wheel.name.split("-", 2)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
