"""Where things are: on a table before a wall, or laid out on a cloth and seen from above."""

from product_service.domain.pictures.canvas import SIZE, TABLE, circle, ellipse, moved, rect, shape
from product_service.domain.pictures.palette import SHADE, WHITE, lighter
from product_service.domain.pictures.shapes import Look


def on_table(look: Look, drawn: str) -> str:
    """A wall with a soft shape on it, and the table before it; the thing comes a step closer."""
    colours = look.palette
    return (
        rect(0, 0, SIZE, SIZE, colours.wall)
        + _halo(look)
        + rect(0, TABLE, SIZE, SIZE - TABLE, colours.table)
        + rect(0, TABLE, SIZE, 5, WHITE, opacity=35)
        + f'<g transform="translate(-30 -42) scale(1.15)">{drawn}</g>'
    )


def on_cloth(look: Look, drawn: str) -> str:
    """A plain ground with a cloth on it, a little askew."""
    colours, turn = look.palette, look.grain.between("askew", -12, 12)
    size = look.grain.between("cloth", 125, 140)
    hem = size - 10
    woven = moved(
        200,
        200,
        rect(5 - size, 8 - size, 2 * size, 2 * size, SHADE, corner=8, opacity=10),
        rect(-size, -size, 2 * size, 2 * size, lighter(colours.halo, by=20), corner=8),
        rect(-hem, -hem, 2 * hem, 2 * hem, colours.halo, corner=4, opacity=60),
        turn=turn,
    )
    return rect(0, 0, SIZE, SIZE, colours.wall) + ellipse(200, 205, 190, 180, colours.table, opacity=45) + woven + drawn


def _halo(look: Look) -> str:
    grain = look.grain
    x, y = grain.between("halo x", 165, 235), grain.between("halo y", 160, 200)
    return grain.pick("halo", HALOS)(x, y, grain.between("halo size", 118, 150), look.palette.halo)


def _sun(x: int, y: int, wide: int, fill: str) -> str:
    return circle(x, y, wide, fill)


def _arch(x: int, y: int, wide: int, fill: str) -> str:
    return shape(f"M{x - wide} {TABLE}V{y}A{wide} {wide} 0 0 1 {x + wide} {y}V{TABLE}Z", fill)


def _cloud(x: int, y: int, wide: int, fill: str) -> str:
    return ellipse(x, y + 20, wide, wide - 20, fill) + circle(x + wide // 2, y - 40, wide // 2, fill)


def _hills(x: int, y: int, wide: int, fill: str) -> str:
    hills = f"M0 {TABLE}V{y + 40}Q{x - 60} {y - 120} {x + 40} {y + 30}T{SIZE} {y}V{TABLE}Z"
    return shape(hills, fill) + circle(SIZE - x + 60, y - 80, wide // 4, fill)


HALOS = (_sun, _arch, _cloud, _hills)
