"""Puts what a benchmark printed into its section of RESULTS.md; the other sections stay.

python -m benchmarks.feed | python -m benchmarks.results feed
"""

import os
import platform
import re
import sys
from datetime import date
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


def with_section(page: str, name: str, text: str) -> str:
    section = f"## {name}\n\n{text.strip()}\n"
    found = re.search(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    if not found:
        return f"{page.rstrip()}\n\n{section}"
    rest = page[found.end() :]
    return page[: found.start()] + section + (f"\n{rest}" if rest else "")


def main() -> None:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    measured = f"{sys.stdin.read().strip()}\n\nMeasured on {date.today()}, {machine}."
    RESULTS.write_text(with_section(RESULTS.read_text(), sys.argv[1], measured))


if __name__ == "__main__":
    main()
