"""Would the two shipped clients parse this answer?

`ios/check.py` holds the facts of the iOS decoder, `android/endpoints.json` every read of the
Android client.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.contract.ios import check as ios

HERE = Path(__file__).parent


def assert_both_clients_parse(endpoint: str, answer: dict[str, Any], *, variant: str = "") -> None:
    """Fail with each place where a client's parse would stop or lose a value."""
    problems = ios_problems(endpoint, answer, variant)
    problems += android_problems(endpoint, answer, variant)
    assert not problems, f"{endpoint}: " + "; ".join(problems)


def ios_problems(endpoint: str, answer: dict[str, Any], variant: str = "") -> list[str]:
    if endpoint not in ios.ENDPOINTS and endpoint + "/" not in ios.ENDPOINTS:
        return []
    mode, models = ios.targets(endpoint, variant or None)
    found = []
    for label, reference in models:
        errors, warnings = ios.check_ref(reference, answer)
        found.append([f"iOS {label}: {problem}" for problem in errors + warnings])
    if mode == "any":
        return [] if not found or not all(found) else found[0]
    return [problem for problems in found for problem in problems]


@cache
def android_endpoints() -> dict[str, Any]:
    return json.loads((HERE / "android" / "endpoints.json").read_text())


def android_problems(endpoint: str, answer: dict[str, Any], variant: str = "") -> list[str]:
    """Mandatory reads that would throw, and JSON nulls that would show as the text "null".

    Reads of one variant of the endpoint are looked at if it is named.
    """
    facts = android_endpoints().get(endpoint)
    if facts is None or answer.get("code") != 200:
        return []
    problems = []
    for read in facts["response"]["reads"]:
        if read.get("when", variant) != variant or read.get("only_if"):
            continue
        for parent, key in parents(answer, read["path"]):
            problem = read_problem(read, parent, key)
            if problem:
                problems.append(f"Android {read['path']}: {problem}")
    return problems


def parents(answer: dict[str, Any], path: str) -> list[tuple[Any, str]]:
    """The objects that hold the last key of `a.b[].c`; none where an optional parent is absent."""
    *steps, last = path.split(".")
    found: list[Any] = [answer]
    for step in steps:
        found = [child for parent in found for child in children(parent, step)]
    if last.endswith(("[]", "[0]")):  # an element itself; what is read of it has rows of its own
        return []
    return [(parent, last) for parent in found if isinstance(parent, dict)]


def children(parent: Any, step: str) -> list[Any]:
    depth = step.count("[]") + step.count("[0]")
    name = step.replace("[]", "").replace("[0]", "")
    value = parent.get(name) if isinstance(parent, dict) else None
    values = [] if value is None else [value]
    for _ in range(depth):
        values = [item for rows in values if isinstance(rows, list) for item in rows]
    return values


WANTED = {"getJSONObject": dict, "getJSONArray": list, "optJSONObject": dict, "optJSONArray": list}


def read_problem(read: dict[str, Any], parent: dict[str, Any], key: str) -> str:
    missing = key not in parent or parent[key] is None
    if read.get("mandatory") and missing:
        return "absent, and its absence throws"
    if missing:
        absent_text = key in parent and read["access"] == "optString"
        return "null, shown as the text null" if absent_text else ""
    wanted = WANTED.get(read["access"])
    if wanted and read.get("mandatory") and not isinstance(parent[key], wanted):
        return f"expected {wanted.__name__}, got {type(parent[key]).__name__}"
    if read.get("nonempty") and parent[key] == "":
        return "empty"
    return ""
