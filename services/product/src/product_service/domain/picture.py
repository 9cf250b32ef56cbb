"""The picture of a product, drawn from its slug: always the same, and like nobody else's."""

from collections.abc import Iterable

from product_service.domain.pictures.canvas import folder, sheet, sticker
from product_service.domain.pictures.families import drawing
from product_service.domain.pictures.grain import Grain
from product_service.domain.pictures.palette import palette
from product_service.domain.pictures.scene import on_cloth, on_table
from product_service.domain.pictures.shapes import Look


def picture(*, slug: str, name: str, category: str) -> str:
    """An SVG of one product. Nothing in it runs, and nothing in it is fetched."""
    return sheet(_readable(name), _drawn(slug, category))


def symbol(*, slug: str, name: str, category: str) -> str:
    """The same picture as a part of `pictures`, where `#p-<slug>` names it."""
    return sticker(f"p-{slug}", _readable(name), _drawn(slug, category))


def pictures(symbols: Iterable[str]) -> str:
    """One SVG that shows nothing by itself: a page shows one of its symbols with `<use>`."""
    return folder(symbols)


def _drawn(slug: str, category: str) -> str:
    grain = Grain(slug)
    look = Look(palette(grain), grain)
    found = drawing(grain, category)
    scene = on_cloth if found.lies else on_table
    return scene(look, found.motif(look))


def _readable(name: str) -> str:
    """Without the characters that XML cannot hold, however they are written."""
    return "".join(each for each in name if each.isprintable())
