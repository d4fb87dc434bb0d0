"""What the pages tell people to type is there: services, scripts, commands and their options."""

import importlib.util
import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, get_commands, load_command_class

ROOT: Path = settings.BASE_DIR
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
ENDS = {"|", ";", "&&", "||", "&", "<", ">", "<<", ">>", "<<<", "(", ")", "()"}
VALUED = {"--scale", "--env", "-e", "--workdir", "--user", "--volume"}


def typed(page: str) -> list[str]:
    """The lines of a page's blocks, and what looks like a command in its sentences."""
    blocks = re.findall(r"^ *```(?:sh|bash|console)?\n(.*?)^ *```", page, re.S | re.M)
    text = re.sub(r"^ *```.*?^ *```", "", page, flags=re.S | re.M)
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text)]
    said = [
        span for span in spans if re.match(r"docker compose |manage\.py \w|\./scripts/\w", span)
    ]
    return "".join(blocks).replace("\\\n", " ").splitlines() + said


def commands_of(line: str) -> list[list[str]]:
    """The simple commands of a line, as words."""
    try:
        filled = re.sub(r"<[a-z][^<>]*>", "something", line)
        lexer = shlex.shlex(filled, posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:  # an apostrophe in prose
        return []
    found: list[list[str]] = [[]]
    for word in words:
        if word in ENDS:
            found.append([])
        else:
            found[-1].append(word)
    return [words for words in found if words]


def problems(words: list[str]) -> list[str]:
    """What is wrong with a command; nothing if it is none of ours."""
    while words and re.match(r"\w+=", words[0]):
        words = words[1:]
    if words[:2] == ["docker", "compose"]:
        return compose_problems(words[2:])
    return own_problems(words)


def own_problems(words: list[str]) -> list[str]:
    found = []
    for number, word in enumerate(words):
        if word.endswith("manage.py") or (number == 0 and word == "manage"):
            return found + django_problems(words[number + 1 :])
        if re.match(r"(\./)?scripts/[\w-]+$", word):
            script = ROOT / word
            if not script.is_file():
                found.append(f"no {word}")
            elif number == 0 and not os.access(script, os.X_OK):
                found.append(f"{word} can't be run")
        if word == "-m" and words[number - 1].endswith("python"):
            module = words[number + 1]
            if module.startswith(("config", "benchmarks")) and not importlib.util.find_spec(module):
                found.append(f"no module {module}")
    return found


def django_problems(words: list[str]) -> list[str]:
    """The command takes these words."""
    if not words or words[0] in ("…", "...", "something", "$@"):
        return []
    name, *rest = words
    if name not in get_commands():
        return [f"no manage.py {name}"]
    app = get_commands()[name]
    command = load_command_class(app, name) if isinstance(app, str) else app
    parser = command.create_parser("manage.py", name)
    if any("…" in word for word in rest) or not rest:
        return []
    try:
        parser.parse_args(rest)
    except (CommandError, SystemExit) as error:
        return [f"manage.py {' '.join(words)}: {error}"]
    return []


def compose_problems(words: list[str]) -> list[str]:
    verb, *rest = words
    found, names = [], []
    for number, word in enumerate(rest):
        if number and rest[number - 1] == "--scale":
            names.append(word.split("=")[0])
        elif not word.startswith("-") and (not number or rest[number - 1] not in VALUED):
            names.append(word)
            if verb in ("exec", "run"):
                inside = rest[number + 1 :]
                found += own_problems(inside)
                found += path_problems(word, inside)
                break
    if verb not in ("config", "version"):
        found += [f"no service {name}" for name in names if name not in SERVICES]
    if verb == "exec" and names and "profiles" in SERVICES.get(names[-1], {}):
        found.append(f"{names[-1]} does not run")
    return found


def path_problems(service: str, words: list[str]) -> list[str]:
    """What is named below /data is in a volume of that container, so that it stays."""
    mounts = [mount.split(":")[1] for mount in SERVICES.get(service, {}).get("volumes", [])]
    return [
        f"{word} is in no volume of {service}"
        for word in words
        if word.startswith("/data/") and not any(word.startswith(mount) for mount in mounts)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_to_type_is_there(page: Path) -> None:
    wrong = {
        line: found
        for line in typed(page.read_text())
        for words in commands_of(line)
        if (found := problems(words))
    }
    assert wrong == {}


def test_what_continuous_integration_calls_is_there_and_explained() -> None:
    page = (ROOT / "docs/developers/continuous-integration.md").read_text()
    for script in (ROOT / ".ci").iterdir():
        assert os.access(script, os.X_OK)
        assert f"`.ci/{script.name}`" in page
        for line in script.read_text().splitlines():
            called = [word for words in commands_of(line) for word in words if word[:2] == "./"]
            assert [word for word in called if not os.access(ROOT / word, os.X_OK)] == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("docker compose exec wbe python manage.py doctor", "no service wbe"),
        ("docker compose exec web python manage.py docter", "no manage.py docter"),
        ("docker compose exec -T web python manage.py backup /data/backups", "in no volume"),
        ("docker compose exec backup ls", "backup does not run"),
        ("docker compose up --detach --scale wbe=3", "no service wbe"),
        ("./scripts/restart /var/backups", "no ./scripts/restart"),
        (".venv/bin/python manage.py backup --wiht-files /var/backups", "--wiht-files"),
        ("ls && manage.py backup", ""),
        ("DEBUG=true .venv/bin/python -m config.precess web", "no module config.precess"),
        ("./scripts/backup /var/backups | tee log", ""),
    ],
)
def test_a_mistake_is_found(line: str, problem: str) -> None:
    found = [text for words in commands_of(line) for text in problems(words)]
    assert bool(found) == bool(problem)
    assert problem in " ".join(found)
