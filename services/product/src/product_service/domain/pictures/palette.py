"""Colours that go together, and the materials that look the same in every light."""

from dataclasses import dataclass

from product_service.domain.pictures.grain import Grain

WHITE = "#fffdf8"
PAPER = "#f7f0e1"
SHADE = "#2a2118"
"""Shadows are this, thinned."""
STEEL = "#b7bfc2"
BRASS = "#c9a24b"
IRON = "#43474a"
LEAF = "#5f8257"
MOSS = "#7f9a63"
FLAME = "#f4b942"
COFFEE = "#4a2f22"
CLAY = "#c4704a"
WOODS = ("#c99b68", "#b07d4f", "#d9b684", "#9a6a42")
LEATHERS = ("#a8673a", "#8a5231", "#b97a4a")


@dataclass(frozen=True, slots=True)
class Palette:
    wall: str
    halo: str
    """The soft shape behind things."""
    table: str
    body: str
    accent: str
    ink: str
    """The darkest, for small parts."""
    wood: str
    leather: str


SCHEMES = (
    ("#f4eadd", "#ebd0b4", "#d9b794", "#b5533c", "#2f5557", "#33302c"),
    ("#e8eee7", "#c5d6c6", "#a9bfac", "#3f6b5b", "#e0a458", "#26352f"),
    ("#e9eef2", "#c8d7e2", "#abbfce", "#35587a", "#df7b60", "#222e3b"),
    ("#f8f0e1", "#f1dca8", "#ddbf7a", "#c4871e", "#3d5a6c", "#352f24"),
    ("#f5e8e6", "#eac7bf", "#d5a79c", "#a4485a", "#5b7a6c", "#38282e"),
    ("#edecf4", "#d2cee5", "#b8b3d3", "#5b5490", "#e2b04a", "#2b2840"),
    ("#eff2e5", "#d8dfba", "#bcc796", "#6c7f3a", "#c9603f", "#2e3320"),
    ("#e4eff0", "#bcd9db", "#98c1c5", "#26797f", "#efb37a", "#1b383b"),
    ("#f5ece7", "#e6d3c8", "#ccb0a0", "#7d4f3d", "#6f9a8d", "#33251f"),
    ("#f2f1ee", "#dcdad2", "#c1beb3", "#54595e", "#d98e5f", "#292b2f"),
    ("#fbefe2", "#f7d5b0", "#e7b583", "#d2703a", "#3c6e71", "#38291e"),
    ("#e9f0f5", "#cfdce8", "#b0c3d4", "#5c7c9c", "#d1785c", "#2a3847"),
)


def palette(grain: Grain) -> Palette:
    """The scheme of one product, with its own piece of wood and leather."""
    scheme = grain.pick("scheme", SCHEMES)
    return Palette(*scheme, wood=grain.pick("wood", WOODS), leather=grain.pick("leather", LEATHERS))


def darker(colour: str, *, by: int = 20) -> str:
    """The colour with `by` per cent less light."""
    return _mixed(colour, 0, by)


def lighter(colour: str, *, by: int = 25) -> str:
    """The colour with `by` per cent of white in it."""
    return _mixed(colour, 255, by)


def _mixed(colour: str, other: int, per_cent: int) -> str:
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{(part * (100 - per_cent) + other * per_cent) // 100:02x}" for part in parts)
