""".env.example names every variable that is read, and no other."""

import re
from pathlib import Path

from config import ports

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = tuple(f"config/{name}.py" for name in ("settings", "servers", "stores", "serve"))


def names_in(pattern: str, *files: str) -> set[str]:
    return {name for file in files for name in re.findall(pattern, (ROOT / file).read_text())}


def documented() -> list[str]:
    return re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)


def read_somewhere() -> set[str]:
    return (
        names_in(r'env\.\w+\(\s*"([A-Z0-9_]+)"', *SETTINGS)
        | names_in(r"\{\$([A-Z0-9_]+)[:}]", "config/Caddyfile")
        | names_in(r"\$\{([A-Z0-9_]+):-", "scripts/install.sh", "scripts/test")
        | names_in(r"\$\{([A-Z0-9_]+)", "docker-compose.yml")
        | {*ports.ENTRY_PORTS, *ports.INNER_PORTS, *ports.DEMO_PORTS, *ports.MEDIAMTX_PORTS}
    )


def test_every_variable_that_is_read_is_documented() -> None:
    assert read_somewhere() - set(documented()) == set()


def test_every_documented_variable_is_read() -> None:
    assert set(documented()) - read_somewhere() == set()


def test_no_variable_is_documented_twice() -> None:
    assert len(documented()) == len(set(documented()))


def test_the_search_finds_variables_at_all() -> None:
    assert {"DEBUG", "S3_BUCKET", "PORT", "SITE_ADDRESS", "TEST_WORKERS"} <= read_somewhere()


def test_copying_the_file_unchanged_sets_nothing() -> None:
    assert not re.search(r"^[A-Z]", (ROOT / ".env.example").read_text(), re.MULTILINE)
