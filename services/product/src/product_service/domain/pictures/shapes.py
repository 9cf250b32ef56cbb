"""What many motifs are built from: things from a potter's wheel, boxes, leaves, and the light on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from product_service.domain.pictures.canvas import CENTRE, FLOOR, ellipse, rect, shape, stroke
from product_service.domain.pictures.grain import Grain
from product_service.domain.pictures.palette import LEAF, SHADE, WHITE, Palette, darker, lighter


@dataclass(frozen=True, slots=True)
class Look:
    """What a motif is told: its colours, and the numbers by which it differs from its siblings."""

    palette: Palette
    grain: Grain


type Motif = Callable[[Look], str]
type Motifs = Mapping[str, Motif]
"""By the word of a slug that asks for it."""


def shadow(wide: int, *, x: int = CENTRE, y: int = FLOOR) -> str:
    """Under a thing that stands; the light comes from the left."""
    return ellipse(x + wide // 8, y, wide, max(6, wide // 9), SHADE, opacity=16)


def cast(d: str) -> str:
    """Beside a thing that lies flat."""
    return f'<path d="{d}" fill="{SHADE}" opacity=".14" transform="translate(7 9)"/>'


def turned(
    *, top: int, bottom: int, mouth: int, foot: int, fill: str, bulge: int = 0, x: int = CENTRE, opacity: int = 100
) -> str:
    """A round body between two widths (each to either side), lit from the left."""
    side, middle, sag = (mouth + foot) // 2 + bulge, (top + bottom) // 2, max(2, foot // 6)
    right = f"Q{x + side} {middle} {x + mouth} {top}Z"
    outline = f"M{x - mouth} {top}Q{x - side} {middle} {x - foot} {bottom}Q{x} {bottom + 2 * sag} {x + foot} {bottom}"
    away = (
        f"M{x + mouth * 2 // 5} {top}Q{x + side * 2 // 5} {middle} {x + foot * 2 // 5} {bottom + sag * 5 // 6}"
        f"Q{x + foot * 7 // 10} {bottom + sag * 3 // 5} {x + foot} {bottom}"
    )
    gleam = (
        f"M{x - mouth * 7 // 10} {top + (bottom - top) // 6}"
        f"Q{x - side * 7 // 10} {middle} {x - foot * 7 // 10} {bottom - (bottom - top) // 6}"
    )
    return (
        shape(outline + right, fill, opacity=opacity)
        + shape(away + right, SHADE, opacity=14)
        + stroke(gleam, WHITE, max(3, (mouth + foot) // 24), opacity=35)
    )


def opening(*, y: int, wide: int, fill: str, inside: str, x: int = CENTRE) -> str:
    """The rim of something round, and what can be seen in it."""
    high = max(4, wide // 6)
    return ellipse(x, y, wide, high, lighter(fill)) + ellipse(x, y + 1, wide - 5, high - 3, inside)


def box(x: int, y: int, width: int, height: int, fill: str, *, corner: int = 6) -> str:
    """A front, with the side that the light does not reach."""
    away = width // 5
    return rect(x, y, width, height, fill, corner=corner) + rect(
        x + width - away, y, away, height, SHADE, corner=corner, opacity=12
    )


def leaf(x: int, y: int, along: int, up: int, fill: str = LEAF) -> str:
    """A leaf from (x, y) to (x + along, y - up)."""
    tip = f"{x + along} {y - up}"
    belly, back = f"{x + along // 6} {y - up * 5 // 6}", f"{x + along * 5 // 6} {y - up // 6}"
    return shape(f"M{x} {y}Q{belly} {tip}Q{back} {x} {y}Z", fill)


def sprig(x: int, y: int, *, height: int, lean: int = 0, fill: str = LEAF) -> str:
    """A stem with leaves to either side, growing from (x, y)."""
    rungs = range(1, 5)
    leaves = "".join(
        leaf(x + lean * rung // 5, y - height * rung // 5, side * height // 4, height // 5, fill)
        for rung in rungs
        for side in (-1, 1)
    )
    tip = leaf(x + lean, y - height, lean // 4 or 3, height // 5, fill)
    return stroke(f"M{x} {y}Q{x} {y - height // 2} {x + lean} {y - height}", darker(fill), 3) + leaves + tip
