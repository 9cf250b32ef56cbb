"""The picture of a product, drawn from its slug: always the same, and like nobody else's."""

from dataclasses import dataclass
from html import escape

from product_service.domain.pictures import scene
from product_service.domain.pictures.canvas import SIZE
from product_service.domain.pictures.families import Drawing, drawing
from product_service.domain.pictures.grain import Grain
from product_service.domain.pictures.palette import palette
from product_service.domain.pictures.shapes import Look


@dataclass(frozen=True, slots=True)
class PictureOf:
    """What a picture is drawn from."""

    slug: str
    name: str
    category: str


def picture(*, slug: str, name: str, category: str) -> str:
    """An SVG of one product. Nothing in it runs, and nothing in it is fetched."""
    grain = Grain(slug)
    look = Look(palette(grain), grain)
    found = drawing(grain, category)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" role="img">'
        f"<title>{escape(_readable(name))}</title>{_ground(found, look)}{found.motif(look)}</svg>"
    )


def _ground(found: Drawing, look: Look) -> str:
    return scene.cloth(look) if found.lies else scene.table(look)


def _readable(name: str) -> str:
    """Without the characters that XML cannot hold, however they are written."""
    return "".join(each for each in name if each.isprintable())
