"""Trowels, pots, seeds."""

from product_service.domain.pictures.canvas import circle, ellipse, moved, rect, shape, stroke
from product_service.domain.pictures.palette import (
    BRASS,
    CLAY,
    FLAME,
    IRON,
    LEAF,
    MOSS,
    PAPER,
    SHADE,
    STEEL,
    WHITE,
    darker,
    lighter,
)
from product_service.domain.pictures.shapes import Look, Motifs, cast, leaf, opening, shadow, sprig, turned

EARTH = "#5a4334"


def trowel(look: Look) -> str:
    grain, metal = look.grain, look.grain.pick("metal", ("#b9803f", STEEL))
    wide = grain.between("wide", 26, 40)
    blade = f"M-40 {-wide}Q-110 {-wide} -160 0Q-110 {wide} -40 {wide}Q-26 0 -40 {-wide}Z"
    return moved(
        200,
        204,
        cast(blade + "M30 -15H140V15H30Z"),
        stroke("M-40 0H44", darker(metal), 12),
        shape(blade, metal),
        shape(f"M-38 4H-150Q-108 {wide} -40 {wide}Q-30 {wide // 2} -38 4Z", SHADE, opacity=14),
        rect(36, -16, 114, 32, look.palette.wood, corner=15),
        rect(40, 4, 104, 11, SHADE, corner=5, opacity=16),
        rect(32, -14, 12, 28, BRASS, corner=3),
        stroke("M146 0C184 -26 190 26 146 0", look.palette.leather, 5),
        turn=grain.between("turn", -56, -34),
    )


def secateurs(look: Look) -> str:
    grip = look.grain.pick("grip", (look.palette.body, look.palette.accent, "#a8433c"))
    open_by = look.grain.between("open", 12, 22)
    lower = moved(
        0,
        0,
        stroke("M0 0C10 50 22 80 8 136", grip, 24),
        shape("M-14 6Q-34 -50 -16 -84Q18 -50 16 0Z", darker(STEEL)),
        turn=-open_by,
    )
    upper = moved(
        0,
        0,
        stroke("M0 0C-10 50 -22 80 -8 136", darker(grip, by=12), 24),
        shape("M-14 0Q-24 -60 22 -100Q26 -40 14 6Z", STEEL),
        turn=open_by,
    )
    return moved(
        200,
        186,
        '<g opacity=".14" transform="translate(8 10)">'
        + stroke("M0 0C-10 50 -50 80 -50 130M0 0C10 50 50 80 50 130", SHADE, 24)
        + "</g>",
        lower,
        upper,
        circle(0, 0, 13, BRASS),
        circle(0, 0, 5, darker(BRASS)),
        turn=look.grain.between("turn", 18, 40),
    )


def can(look: Look) -> str:
    metal = look.grain.pick("metal", (STEEL, look.palette.body, "#8fa29a"))
    top = look.grain.between("top", 208, 222)
    return (
        shadow(104, x=180)
        + stroke(f"M228 292L326 {top - 34}", darker(metal, by=12), 15)
        + moved(330, top - 40, rect(-24, -10, 48, 18, BRASS, corner=5), turn=38)
        + stroke(f"M96 {top + 40}C30 {top} 60 {top - 70} 160 {top - 12}", darker(metal, by=25), 11)
        + turned(top=top, bottom=310, mouth=72, foot=80, fill=metal, x=168)
        + opening(y=top, wide=72, fill=metal, inside=darker(metal, by=45), x=168)
        + stroke(f"M94 {top + 36}Q168 {top + 62} 242 {top + 36}", darker(metal), 4)
        + stroke(f"M120 {top - 2}C130 {top - 64} 206 {top - 64} 216 {top - 2}", darker(metal, by=25), 10)
        + "".join(circle(x, y, 4, WHITE, opacity=70) for x, y in ((352, 210), (364, 232), (346, 244), (360, 262)))
    )


def gloves(look: Look) -> str:
    hide = look.grain.pick("hide", ("#d1a571", "#b98752", "#c7b08c"))
    cuff = look.grain.pick("cuff", (look.palette.body, look.palette.accent))
    hand = (
        "M-34 40V-30Q-34 -44 -24 -44V-80Q-23 -92 -13 -90Q-4 -90 -4 -78V-92Q-3 -104 7 -102Q16 -102 16 -88V-76"
        "Q17 -88 27 -86Q36 -84 35 -72V-20L52 -48Q62 -58 68 -48Q70 -42 64 -30L36 26V40Z"
    )

    def glove(turn: int, x: int, mirrored: str) -> str:
        drawn = shape(hand, hide) + shape("M16 40V-30Q34 -40 35 -20L36 40Z", SHADE, opacity=10)
        sleeve = shape("M-38 38H40L50 120H-48Z", cuff) + stroke("M-42 66H43M-38 42H40", lighter(cuff, by=40), 4)
        return moved(
            x,
            196,
            f'<g transform="{mirrored}">',
            cast(hand + "M-38 38H40L50 120H-48Z"),
            drawn,
            sleeve,
            "</g>",
            turn=turn,
        )

    tilt = look.grain.between("tilt", 8, 20)
    return glove(-tilt, 142, "scale(1 1)") + glove(tilt, 262, "scale(-1 1)")


def pot(look: Look) -> str:
    grain = look.grain
    clay = grain.pick("clay", (CLAY, "#b5623f", "#d18a63"))
    top, foot = grain.between("top", 206, 224), grain.between("foot", 44, 56)
    plant = grain.pick("plant", (_herb, _succulent, _tall))
    return (
        shadow(78)
        + turned(top=top + 14, bottom=310, mouth=66, foot=foot, fill=clay)
        + ellipse(200, top, 76, 12, EARTH)
        + plant(look, top)
        + turned(top=top + 2, bottom=top + 28, mouth=76, foot=74, fill=lighter(clay, by=8))
    )


def _herb(look: Look, top: int) -> str:
    leans = [look.grain.between(f"herb {n}", 40, 64) for n in range(2)]
    stems = ((160, -leans[0]), (200, look.grain.between("middle", -10, 10)), (240, leans[1]))
    return "".join(
        sprig(x, top + 6, height=110 - abs(lean) // 3, lean=lean, fill=fill)
        for (x, lean), fill in zip(stems, (LEAF, MOSS, LEAF), strict=True)
    )


def _succulent(look: Look, top: int) -> str:
    turns = (-62, -40, -18, 4, 26, 48)
    green = look.grain.pick("green", (LEAF, "#6f9a8d", "#8aa36a"))
    long = look.grain.between("long", 84, 104)
    blade = f"M-13 0Q-18 {-long // 2} 0 {-long}Q18 {-long // 2} 13 0Z"
    return "".join(
        moved(200, top + 8, shape(blade, darker(green, by=14) if at % 2 else green), turn=turn)
        for at, turn in enumerate(turns)
    )


def _tall(look: Look, top: int) -> str:
    bloom = look.palette.accent
    heads = ((150, 110), (200, look.grain.between("head", 76, 92)), (250, 118))
    stems = "".join(stroke(f"M200 {top + 6}Q{(x + 200) // 2} {y + 60} {x} {y}", LEAF, 5) for x, y in heads)
    flowers = "".join(
        "".join(moved(x, y, ellipse(0, -13, 8, 12, bloom), turn=turn) for turn in range(0, 360, 60))
        + circle(x, y, 8, FLAME)
        for x, y in heads
    )
    return stems + leaf(200, top, -54, 40) + leaf(200, top - 10, 56, 36, MOSS) + flowers


def planter(look: Look) -> str:
    grain, wood = look.grain, look.palette.wood
    greens = "".join(
        sprig(
            x,
            246,
            height=grain.between(f"high {x}", 56, 96),
            lean=grain.between(f"lean {x}", -16, 16),
            fill=LEAF if at % 2 else MOSS,
        )
        for at, x in enumerate(range(100, 310, 50))
    )
    return (
        shadow(140)
        + greens
        + rect(62, 240, 276, 76, wood, corner=4)
        + stroke("M64 266H336M64 291H336", darker(wood, by=22), 3)
        + rect(290, 240, 48, 76, SHADE, corner=4, opacity=13)
        + rect(84, 236, 14, 84, darker(wood, by=28), corner=2)
        + rect(302, 236, 14, 84, darker(wood, by=28), corner=2)
    )


def seeds(look: Look) -> str:
    colours, grain = look.palette, look.grain
    packet = grain.pick("packet", (PAPER, lighter(colours.body, by=62), lighter(colours.accent, by=55)))
    petals = "".join(
        moved(0, 0, ellipse(0, -22, 11, 18, colours.accent), turn=turn)
        for turn in range(0, 360, grain.pick("petals", (45, 60, 72)))
    )
    grains = "".join(
        ellipse(grain.between(f"x{n}", 284, 344), grain.between(f"y{n}", 306, 326), 5, 3, EARTH) for n in range(7)
    )
    return (
        shadow(82)
        + rect(122, 128, 150, 190, packet, corner=3)
        + rect(122, 128, 150, 34, colours.body, corner=3)
        + rect(236, 128, 36, 190, SHADE, opacity=10)
        + sprig(197, 304, height=80, fill=LEAF)
        + moved(197, 214, petals, circle(0, 0, 11, FLAME))
        + stroke("M152 146H242", lighter(colours.body, by=55), 5)
        + grains
    )


def nest_box(look: Look) -> str:
    wood, hole = look.palette.wood, look.grain.between("hole", 15, 20)
    return (
        rect(190, 270, 22, 60, darker(wood, by=35))
        + shadow(46, x=200, y=324)
        + rect(134, 146, 132, 150, wood, corner=3)
        + stroke("M167 150V292M200 150V292M233 150V292", darker(wood, by=14), 3)
        + rect(232, 146, 34, 150, SHADE, opacity=13)
        + shape("M112 152L128 112H272L288 152Z", look.palette.body)
        + shape("M244 112H272L288 152H252Z", SHADE, opacity=16)
        + circle(200, 204, hole + 4, darker(wood, by=25))
        + circle(200, 204, hole, IRON)
        + moved(
            318,
            116,
            ellipse(0, 0, 22, 16, look.palette.accent),
            circle(-16, -14, 11, look.palette.accent),
            shape("M-26 -14l-11 4l11 3Z", FLAME),
            shape("M14 -4L42 -14L34 8Z", darker(look.palette.accent)),
            circle(-19, -16, 2, SHADE),
        )
        + sprig(84, 326, height=90, lean=-14, fill=MOSS)
    )


STANDING: Motifs = {"can": can, "pot": pot, "planter": planter, "seeds": seeds, "box": nest_box}
LYING: Motifs = {"trowel": trowel, "secateurs": secateurs, "gloves": gloves}
