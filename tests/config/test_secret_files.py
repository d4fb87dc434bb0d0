"""NAME_FILE, the file that holds a secret, in place of NAME."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from tests.config.test_env_example import ROOT, documented
from tests.config.test_unsafe_settings import SAFE, read_settings

KEY = "k" * 50


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a test sets is gone after it, and the developer's .env is not read."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(environment, "BASE_DIR", tmp_path)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret_key"
    path.write_text(f"{KEY}\n")
    return path


def load(**variables: str) -> None:
    os.environ.pop("SECRET_KEY", None)
    os.environ.update(variables)
    environment.load()


def test_the_settings_are_read_from_files(key_file: Path) -> None:
    by_file = SAFE | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(key_file)}
    answer = read_settings(**by_file)
    assert answer.stdout == "False token,firebase-id-token False\n", answer.stderr


def test_the_text_is_taken_without_the_space_around_it(key_file: Path) -> None:
    load(SECRET_KEY_FILE=str(key_file))
    assert os.environ["SECRET_KEY"] == KEY


def test_loading_twice_is_fine(key_file: Path) -> None:
    load(SECRET_KEY_FILE=str(key_file))
    environment.load()
    assert os.environ["SECRET_KEY"] == KEY


def test_a_missing_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="can't be read"):
        load(SECRET_KEY_FILE=str(tmp_path / "nothing"))


def test_an_empty_file_stops_the_start(key_file: Path) -> None:
    key_file.write_text(" \n")
    with pytest.raises(ImproperlyConfigured, match="is empty"):
        load(SECRET_KEY_FILE=str(key_file))


def test_two_different_secrets_stop_the_start(key_file: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match="say different things") as problem:
        load(SECRET_KEY="another", SECRET_KEY_FILE=str(key_file))
    assert KEY not in str(problem.value)


def test_every_such_secret_is_a_variable_and_stands_in_the_docs() -> None:
    page = (ROOT / "docs/operators/configuration.md").read_text()
    for name in environment.SECRETS:
        assert name in documented()
        assert f"`{name}`" in page


def test_every_variable_that_sounds_secret_can_be_a_file() -> None:
    words = ("SECRET", "PASSWORD", "TOKEN", "API_KEY", "ACCESS_KEY")
    no_secret = {"TOKEN_UNUSED_DAYS", "POSTGRES_PASSWORD"}
    secret = {name for name in documented() if any(word in name for word in words)} - no_secret
    assert secret <= set(environment.SECRETS)
