"""The servers CultureBridge needs, started for a laptop or a test when nobody named real ones."""

import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sandbox.postgres import MAX_SOCKET_PATH, Postgres
from sandbox.valkey import Valkey
from sandbox.watcher import watcher

ROOM_FOR_NAMES = 40  # what we and PostgreSQL add to the temporary folder's path


@contextmanager
def servers(environ: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start what the environment does not name; gives the variables to add, and ends with the servers gone.

    PostgreSQL is started unless DATABASE_URL is set, Valkey unless REDIS_URL is.
    """
    with ExitStack() as stack:
        found: dict[str, str] = {}
        folder = stack.enter_context(private_folder())
        if not environ.get("DATABASE_URL"):
            found["DATABASE_URL"] = stack.enter_context(Postgres(folder / "postgres")).url
        if not environ.get("REDIS_URL"):
            found["REDIS_URL"] = stack.enter_context(Valkey(folder / "valkey")).url
        yield found


@contextmanager
def private_folder() -> Iterator[Path]:
    """A temporary folder fit for the servers: short enough for a unix socket, and not below a closed one.

    Others can pass through it, as PostgreSQL's own account must; what is inside is private to its owner.
    """
    chosen = Path(tempfile.gettempdir()).resolve()
    if len(str(chosen)) + ROOM_FOR_NAMES > MAX_SOCKET_PATH or not _lets_others_through(chosen):
        chosen = Path("/tmp").resolve()  # noqa: S108 - the folder made in it is ours alone
    with tempfile.TemporaryDirectory(prefix="culturebridge-", dir=chosen) as made:
        folder = Path(made)
        folder.chmod(0o711)
        watcher.add(folder)
        yield folder
    watcher.discard(folder)


def _lets_others_through(folder: Path) -> bool:
    return all(part.stat().st_mode & stat.S_IXOTH for part in [folder, *folder.parents])
