"""What the platforms' files say is what the Procfile, the settings and the lock say."""

import json
import re
import shlex

import pytest

from app.config.settings import Settings
from app.config.threads import THREADS
from tests.config.production_settings import GOOD, load
from tests.deploy.files import PROCFILE, ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
APP = json.loads((ROOT / "app.json").read_text())


def test_compose_runs_the_procfile_and_looks_after_each_process() -> None:
    services = dict(re.findall(r"^  (\w+):.*\n((?:    .*\n)+)", COMPOSE, re.MULTILINE))
    for name, line in PROCFILE.items():
        assert f"    command: {line}\n" in services[name], name
        assert name == "release" or "healthcheck: " in services[name], name


def test_compose_runs_one_mailer_or_as_many_as_asked_for_and_one_beat() -> None:
    services = dict(re.findall(r"^  (\w+):.*\n((?:    .*\n)+)", COMPOSE, re.MULTILINE))

    scaled = {name: re.findall(r"^    scale: (\S+)", lines, re.MULTILINE) for name, lines in services.items()}
    assert {name: found for name, found in scaled.items() if found} == {"mailer": ["${MAILERS:-1}"]}


def test_the_mailer_has_as_many_threads_as_database_connections() -> None:
    words = shlex.split(PROCFILE["mailer"])

    assert words[words.index("--pool") + 1] == "threads"
    assert words[words.index("--concurrency") + 1] == str(THREADS)


def test_compose_publishes_what_nginx_listens_on_and_leads_it_to_the_web() -> None:
    nginx = (ROOT / "deploy/nginx.conf").read_text()
    published = re.findall(r'ports: \["80:(\d+)", "443:(\d+)"\]', COMPOSE)
    web = re.findall(r"environment: \{<<: \*environment, PORT: (\d+)\}", COMPOSE)

    assert published == [tuple(re.findall(r"listen (\d+)", nginx))]
    assert re.findall(r"set \$web web:(\d+);", nginx) == web
    mounted = set(re.findall(r":(/\S+):ro", COMPOSE))
    assert mounted == {"/etc/nginx/nginx.conf", "/etc/nginx/tls", "/var/www/acme"}
    assert all(folder in nginx for folder in mounted - {"/etc/nginx/nginx.conf"})


def test_the_image_serves_as_the_procfile_does() -> None:
    found = re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found
    assert shlex.join(json.loads(found[1])) == PROCFILE["web"]


def test_the_image_has_what_production_needs_and_nobody_is_root_in_it() -> None:
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert names == sent
    assert all((ROOT / name).exists() for name in names)
    assert not names & {"tests", "sandbox", "bench", ".env", "requirements-dev.txt"}
    assert re.findall(r"^USER (\S+)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]


def test_the_image_and_heroku_take_the_same_python() -> None:
    version = (ROOT / ".python-version").read_text().strip()
    assert f"ARG PYTHON_IMAGE=python:{version}-slim\n" in DOCKERFILE


def test_herokus_button_starts_every_process_and_asks_for_every_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert set(APP["formation"]) == set(PROCFILE) - {"release"}
    asked = {name: wanted for name, wanted in APP["env"].items() if wanted.get("required", True)}
    made_by_add_ons = {"DATABASE_URL", "REDIS_URL"}
    assert set(GOOD) <= set(asked) | made_by_add_ons
    names = {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}
    assert set(APP["env"]) <= names

    given = {name: wanted["value"] for name, wanted in asked.items() if "value" in wanted}
    assert load(monkeypatch, **given)
