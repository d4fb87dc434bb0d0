"""How many statements the operators' lists take"""

from django.contrib import admin
from django.test import Client
from django.urls import reverse

from benchmarks.admin import MOST_STATEMENTS, TABLES, seed, timed


def statements(desk: Client) -> dict[str, int]:
    """Of each list that has rows, and of its search, by name."""
    tables, found = {table for table, _, _ in TABLES}, {}
    for model in admin.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        if model._meta.db_table in tables:
            for query in ("", "?q=person1"):
                opened = timed(desk, name, reverse(f"admin:{name}_changelist") + query)
                assert opened.status == 200, name
                found[name + query] = opened.statements
    return found


def test_they_do_not_grow_with_the_rows(desk: Client) -> None:
    seed(4)
    few = statements(desk)
    assert len(few) > 40
    seed(40)
    assert statements(desk) == few
    assert max(few.values()) <= MOST_STATEMENTS
