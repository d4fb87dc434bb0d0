"""A benchmark's figures replace its own section of the results, and no other."""

import pytest

from benchmarks.results import with_section

PAGE = "# Results\n\n## feed\n\nold\n\n## gifts\n\n2\n"


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("feed", "# Results\n\n## feed\n\nnew\n\n## gifts\n\n2\n"),
        ("gifts", "# Results\n\n## feed\n\nold\n\n## gifts\n\nnew\n"),
        ("load", "# Results\n\n## feed\n\nold\n\n## gifts\n\n2\n\n## load\n\nnew\n"),
    ],
)
def test_one_section_is_replaced_or_added(name: str, page: str) -> None:
    assert with_section(PAGE, name, "new\n") == page
    assert with_section(page, name, "new") == page
