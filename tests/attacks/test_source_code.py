"""What no line of the code that runs in production does: nothing that people write could ever get there."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUNS_CODE = {"eval", "exec", "compile", "__import__"}
NO_MODULES = {
    "a shell or another program": {"subprocess", "pty", "commands"},
    "objects out of bytes": {"pickle", "marshal", "shelve", "dill", "jsonpickle", "yaml"},
    "XML, LDAP, XPath or LaTeX": {"xml", "lxml", "ldap", "ldap3", "elementpath", "pylatex"},
}
NO_NAMES = {
    "os": {"system", "popen", "spawnl", "spawnv", "execv", "execve", "execl"},
    "hashlib": {"md5", "sha1", "new"},
    "jinja2": {"Template"},
}
BY_CHANCE = {"app/accounts/password_hashing.py", "app/queue/backoff.py", "app/db/transactions.py"}
"""Pauses, which may be guessed. What may not comes from `secrets`."""


def sources() -> Iterator[tuple[str, ast.AST]]:
    for folder in ("app", "worker"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def imported(tree: ast.AST) -> set[str]:
    """The modules, whole, and each name that is taken out of one."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def used(tree: ast.AST) -> set[str]:
    """Functions that are called by their name alone, and names of modules such as `os.system`."""
    calls = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return calls | {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }


def test_no_text_is_run_and_no_bytes_become_objects() -> None:
    forbidden = set().union(*NO_MODULES.values())
    for path, tree in sources():
        roots = {name.partition(".")[0] for name in imported(tree)}
        assert roots & forbidden == set(), path
        assert used(tree) & RUNS_CODE == set(), path


def test_no_weak_hash_no_shell_and_no_template_of_text() -> None:
    forbidden = {f"{module}.{name}" for module, names in NO_NAMES.items() for name in names}
    for path, tree in sources():
        assert (imported(tree) | used(tree)) & forbidden == set(), path


def test_chance_that_can_be_guessed_is_for_pauses_alone() -> None:
    assert {path for path, tree in sources() if "random" in imported(tree)} == BY_CHANCE


def test_a_template_in_the_code_is_a_constant() -> None:
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "render_template_string":
                assert isinstance(node.args[0], ast.Name), path
                assert node.args[0].id.isupper(), path
