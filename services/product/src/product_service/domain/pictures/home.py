"""Cloth, candles, baskets."""

from product_service.domain.pictures.canvas import circle, ellipse, rect, shape, stroke
from product_service.domain.pictures.palette import FLAME, MOSS, PAPER, SHADE, WHITE, darker, lighter
from product_service.domain.pictures.shapes import Look, Motifs, leaf, opening, shadow, sprig, turned


def _fold(x: int, y: int, width: int, high: int, fill: str) -> str:
    """One folded layer of a stack, its round edge to the left."""
    return (
        rect(x, y, width, high, fill, corner=high // 2)
        + rect(x + width * 3 // 4, y, width // 4, high, SHADE, corner=high // 2, opacity=10)
        + stroke(f"M{x + 20} {y + high // 2}H{x + width - 24}", darker(fill, by=16), 3)
    )


def throw(look: Look) -> str:
    colours = look.palette
    fill = look.grain.pick("wool", (colours.body, colours.accent))
    stripe = lighter(fill, by=45)
    fringe = "".join(stroke(f"M{x} 290v{26 + x % 3 * 3}", lighter(fill, by=20), 3) for x in range(226, 290, 8))
    return (
        shadow(118)
        + _fold(92, 272, 216, 46, darker(fill, by=10))
        + _fold(96, 228, 208, 46, fill)
        + _fold(92, 184, 216, 46, lighter(fill, by=12))
        + shape("M218 184H296V292H218Z", fill)
        + stroke("M232 186V290M246 186V290", stripe, look.grain.between("stripe", 3, 7))
        + stroke("M276 186V290", stripe, 3)
        + rect(282, 184, 14, 108, SHADE, opacity=12)
        + fringe
    )


def bedding(look: Look) -> str:
    colours = look.palette
    cloth = look.grain.pick("cloth", ("#f4efe5", lighter(colours.body, by=55), lighter(colours.accent, by=50)))
    buttons = "".join(circle(x, 296, 4, colours.wood) for x in range(120, 290, 32))
    return (
        shadow(126)
        + _fold(80, 274, 240, 44, darker(cloth, by=10))
        + _fold(84, 232, 232, 44, cloth)
        + buttons
        + shape("M96 232Q84 190 104 166Q200 150 296 166Q316 190 304 232Q200 246 96 232Z", lighter(cloth, by=35))
        + shape("M262 163L296 166Q316 190 304 232L262 237Q276 200 262 163Z", SHADE, opacity=9)
        + stroke("M124 184Q150 204 140 218M270 182Q250 200 262 222", darker(cloth, by=14), 3)
    )


def cushion(look: Look) -> str:
    colours, grain = look.palette, look.grain
    fill = grain.pick("cloth", (colours.body, colours.accent))
    puff = grain.between("puff", 6, 16)
    outline = (
        f"M104 140Q200 {140 + puff} 296 140Q{296 - puff} 230 304 318Q200 {316 - puff} 96 318Q{104 + puff} 230 104 140Z"
    )
    rows = "".join(
        stroke(f"M126 {y}" + "l14 -16l14 16" * 5, lighter(fill, by=30), 4, opacity=75) for y in range(186, 312, 27)
    )
    return (
        shadow(108)
        + shape(outline, fill)
        + rows
        + shape(
            f"M250 144Q280 143 296 140Q{296 - puff} 230 304 318Q280 314 252 312Q268 230 250 144Z", SHADE, opacity=13
        )
    )


def towels(look: Look) -> str:
    stripe = look.grain.pick("stripe", (look.palette.body, look.palette.accent, "#a8433c", "#35587a"))
    width = look.grain.between("width", 4, 8)

    def hanging(x: int, drop: int) -> str:
        return (
            shape(f"M{x} 112H{x + 96}L{x + 102} {drop}H{x - 6}Z", PAPER)
            + shape(f"M{x + 70} 112H{x + 96}L{x + 102} {drop}H{x + 72}Z", SHADE, opacity=9)
            + stroke(f"M{x - 3} {drop - 34}H{x + 99}M{x - 4} {drop - 18}H{x + 100}", stripe, width)
            + stroke(f"M{x + 14} 114L{x + 10} {drop - 3}M{x + 84} 114L{x + 88} {drop - 3}", stripe, 3)
        )

    return (
        stroke("M66 112H334", look.palette.wood, 12)
        + circle(66, 112, 11, darker(look.palette.wood))
        + circle(334, 112, 11, darker(look.palette.wood))
        + hanging(92, look.grain.between("left", 262, 278))
        + hanging(212, look.grain.between("right", 240, 262))
    )


def _flame(x: int, y: int) -> str:
    return (
        circle(x, y - 16, 26, FLAME, opacity=20)
        + shape(f"M{x} {y - 38}Q{x + 15} {y - 14} {x} {y}Q{x - 15} {y - 14} {x} {y - 38}Z", FLAME)
        + ellipse(x, y - 8, 4, 7, WHITE, opacity=70)
    )


def candles(look: Look) -> str:
    wax = look.grain.pick("wax", ("#e7c27a", "#f0e0b8", "#d9a552"))

    def one(x: int, top: int) -> str:
        return (
            shadow(28, x=x)
            + turned(top=top, bottom=296, mouth=11, foot=12, fill=wax, x=x)
            + stroke(f"M{x} {top}v-7", SHADE, 3)
            + _flame(x, top - 6)
            + turned(top=288, bottom=312, mouth=15, foot=26, fill=look.palette.body, x=x)
        )

    tops = [look.grain.between(f"top {n}", 130, 210) for n in range(3)]
    return "".join(one(x, top) for x, top in zip((128, 200, 272), tops, strict=True))


def candle(look: Look) -> str:
    colours = look.palette
    top = look.grain.between("top", 206, 224)
    glass = lighter(colours.accent, by=48)
    return (
        shadow(78)
        + turned(top=top, bottom=312, mouth=66, foot=60, fill=glass, opacity=75)
        + turned(top=top + 30, bottom=308, mouth=61, foot=56, fill=PAPER)
        + opening(y=top, wide=66, fill=glass, inside=PAPER)
        + stroke(f"M200 {top + 4}v-14", SHADE, 3)
        + _flame(200, top - 8)
        + rect(160, top + 40, 76, 42, WHITE, corner=3)
        + leaf(182, top + 72, 34, 22, colours.body)
        + stroke(f"M176 {top + 74}H222", colours.ink, 3, opacity=45)
    )


def soap(look: Look) -> str:
    colours, grain = look.palette, look.grain
    bar = grain.pick("bar", ("#a9b48a", "#d8c39b", lighter(colours.accent, by=40)))
    specks = "".join(
        circle(grain.between(f"x{n}", 130, 268), grain.between(f"y{n}", 236, 280), 2, darker(bar, by=45))
        for n in range(12)
    )
    return (
        shadow(110)
        + rect(84, 296, 232, 20, darker(colours.wood, by=30), corner=9)
        + stroke("M110 306H290", colours.wood, 3)
        + rect(112, 222, 176, 74, bar, corner=20)
        + rect(238, 222, 50, 74, SHADE, corner=20, opacity=12)
        + specks
        + rect(142, 246, 92, 26, lighter(bar, by=30), corner=12)
        + stroke("M200 222C170 180 150 170 166 146C186 126 220 140 208 176L200 222", "#efe6d2", 6)
        + circle(300, 240, 13, WHITE, opacity=55)
        + circle(322, 214, 8, WHITE, opacity=55)
        + circle(98, 230, 9, WHITE, opacity=55)
    )


def basket(look: Look) -> str:
    willow = look.grain.pick("willow", ("#a9824f", "#8f6b3f", "#c09a64"))
    top = look.grain.between("top", 206, 222)
    rows = "".join(
        stroke(f"M{96 + row * 3} {y}Q200 {y + 30} {304 - row * 3} {y}", darker(willow, by=18 if row % 2 else 32), 4)
        for row, y in enumerate(range(top + 12, 300, 17))
    )
    logs = "".join(
        circle(x, y, 26, darker(look.palette.wood, by=25))
        + circle(x, y, 21, lighter(look.palette.wood))
        + circle(x, y, 9, look.palette.wood)
        for x, y in ((150, top - 10), (250, top - 8), (200, top - 20))
    )
    left = f"M98 {top + 6}C60 {top - 10} 70 {top + 62} 106 {top + 44}"
    right = f"M302 {top + 6}C340 {top - 10} 330 {top + 62} 294 {top + 44}"
    return (
        shadow(112)
        + ellipse(200, top, 108, 18, darker(willow, by=55))
        + logs
        + shape(f"M92 {top}Q200 {top + 38} 308 {top}L286 308Q200 332 114 308Z", willow)
        + rows
        + shape(f"M246 {top + 15}Q280 {top + 10} 308 {top}L286 308Q270 314 244 317Z", SHADE, opacity=14)
        + stroke(f"M92 {top}Q200 {top + 38} 308 {top}", lighter(willow, by=18), 11)
        + stroke(left + right, darker(willow), 9)
    )


def vase(look: Look) -> str:
    colours, grain = look.palette, look.grain
    clay = grain.pick("clay", ("#c98d66", "#7d7f7a", colours.body, "#e3d7c2"))
    bulge = grain.between("bulge", 46, 72)
    flowers = "".join(
        stroke(f"M200 212Q200 160 {x} {y}", MOSS, 4) + circle(x, y, 15, colours.accent) + circle(x, y, 6, FLAME)
        for x, y in ((grain.between("a", 140, 165), 96), (grain.between("b", 236, 262), 112))
    )
    return (
        shadow(70)
        + sprig(200, 214, height=130, lean=grain.between("lean", -14, 14))
        + flowers
        + turned(top=240, bottom=312, mouth=30, foot=46, fill=clay, bulge=bulge)
        + turned(top=204, bottom=244, mouth=23, foot=30, fill=clay, bulge=-6)
        + opening(y=204, wide=23, fill=clay, inside=darker(clay, by=45))
    )


STANDING: Motifs = {
    "throw": throw,
    "bedding": bedding,
    "cushion": cushion,
    "towels": towels,
    "candles": candles,
    "candle": candle,
    "soap": soap,
    "basket": basket,
    "vase": vase,
}
LYING: Motifs = {}
