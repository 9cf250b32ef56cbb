"""The tables of docs/performance.md are what the measurements kept beside it give."""

import re

from tests.load.report import PAGE, TABLES, written


def test_the_page_about_performance_tells_what_was_measured() -> None:
    page = PAGE.read_text()

    assert page == written(page), "`make performance` writes the tables"


def test_every_table_has_its_place_on_the_page() -> None:
    places = re.findall(r"<!-- end of (\w+) -->", PAGE.read_text())

    assert sorted(places) == sorted(TABLES)


def test_a_table_that_was_written_by_hand_is_noticed() -> None:
    page = PAGE.read_text().replace("<!-- end of journeys -->", "| by hand |\n<!-- end of journeys -->")

    assert page != written(page)
