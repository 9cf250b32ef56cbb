"""Panels as pictures: what is drawn is what was answered."""

import math
from xml.etree import ElementTree

from monitoring.grafana.drawing import Line, Picture, draw

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*lines: Line, unit: str = "s") -> ElementTree.Element:
    picture = Picture("Time & money", unit, 12, lines)
    return ElementTree.fromstring(draw("Shop: a test", [picture], start=0, end=100))  # noqa: S314 - our own


def points(svg: ElementTree.Element) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, y in (each.split(",") for each in line.attrib["points"].split())]
        for line in svg.iter(f"{SVG}polyline")
    ]


def test_the_highest_value_is_at_the_top_and_nought_at_the_bottom() -> None:
    svg = drawn(Line("a", [(0, 0.0), (50, 4.0), (100, 2.0)]), Line("b", [(0, 1.0)]))

    [(low, high, middle), (quarter,)] = points(svg)
    assert low[0] < high[0] < middle[0]
    assert high[1] < middle[1] < low[1]
    assert middle[1] - high[1] == low[1] - middle[1]
    assert quarter[1] == low[1] - (low[1] - high[1]) / 4


def test_what_is_no_number_is_a_gap_and_not_a_point() -> None:
    svg = drawn(Line("a", [(0, math.nan), (50, 1.0), (100, math.inf)]))

    assert [len(line) for line in points(svg)] == [1]


def test_every_line_has_its_name_and_the_panel_its_title() -> None:
    words = [each.text for each in drawn(Line("order <api>", [(0, 0.25)])).iter(f"{SVG}text")]

    assert {"Shop: a test", "Time & money", "order <api>", "250 ms"} <= set(words)


def test_a_panel_without_lines_is_an_empty_box() -> None:
    assert points(drawn()) == []
