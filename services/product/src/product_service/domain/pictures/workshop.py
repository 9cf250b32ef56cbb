"""Things on a desk, and on a workbench."""

from product_service.domain.pictures.canvas import circle, ellipse, moved, rect, shape, stroke
from product_service.domain.pictures.palette import BRASS, IRON, PAPER, SHADE, STEEL, WHITE, darker, lighter
from product_service.domain.pictures.shapes import Look, Motifs, cast, shadow, turned


def tray(look: Look) -> str:
    wood, colours = look.palette.wood, look.palette
    dark = darker(wood, by=22)
    split = look.grain.between("split", -20, 30)
    clips = "".join(
        moved(x, y, stroke("M0 -12V8q0 6 5 6t5 -6V-8", STEEL, 3), turn=turn)
        for x, y, turn in ((80, 22, 20), (104, 36, -30), (88, 52, 70))
    )
    return moved(
        200,
        200,
        rect(-134, -86, 280, 190, SHADE, corner=14, opacity=15),
        rect(-142, -96, 284, 190, wood, corner=14),
        rect(-130, -84, 260, 66, dark, corner=10),
        rect(-130, -6, 130 + split, 88, dark, corner=10),
        rect(12 + split, -6, 118 - split, 88, dark, corner=10),
        moved(-8, -62, rect(-96, -5, 180, 11, colours.accent, corner=2), shape("M84 -5L104 0L84 6Z", "#e3c59a")),
        moved(-16, -38, rect(-90, -4, 176, 9, colours.body, corner=4)),
        rect(-112, 10, 84, 58, PAPER, corner=3),
        stroke("M-100 26H-46M-100 40H-58", colours.ink, 3, opacity=50),
        clips,
        turn=look.grain.between("turn", -10, 10),
    )


def clock(look: Look) -> str:
    colours, grain = look.palette, look.grain
    case = grain.pick("case", (colours.body, "#f1ece0", "#4f6a56", "#cf9434"))
    ticks = "".join(moved(200, 210, stroke("M0 -78V-68", colours.ink, 4), turn=turn) for turn in range(0, 360, 30))
    hour = grain.between("hour", 0, 11)
    return (
        shadow(92)
        + stroke("M140 290L122 318M260 290L278 318", darker(case, by=30), 13)
        + circle(200, 104, 13, darker(case, by=25))
        + circle(200, 210, 108, case)
        + shape("M254 116A108 108 0 0 1 240 310A150 150 0 0 0 254 116Z", SHADE, opacity=16)
        + circle(200, 210, 90, WHITE)
        + ticks
        + moved(200, 210, stroke("M0 8V-44", colours.ink, 8), turn=hour * 30 + 7)
        + moved(200, 210, stroke("M0 12V-62", colours.ink, 5), turn=90)
        + moved(200, 210, stroke("M0 16V-56", colours.accent, 3), turn=grain.between("alarm", 180, 330))
        + circle(200, 210, 8, colours.accent)
    )


def ruler(look: Look) -> str:
    wood = lighter(look.palette.wood)
    marks = "".join(
        stroke(f"M{x} 22V{2 if at % 5 == 0 else 10}", look.palette.ink, 2, opacity=70)
        for at, x in enumerate(range(-136, 140, 11))
    )
    return moved(
        200,
        200,
        cast("M-150 -26H150V30H-150Z"),
        rect(-150, -28, 300, 58, wood, corner=4),
        stroke("M-120 -10Q0 -18 110 -8M-90 -1Q20 -8 140 0", darker(wood, by=14), 2),
        rect(-150, 22, 300, 8, BRASS),
        marks,
        circle(128, -10, 8, look.palette.halo),
        moved(
            10,
            96,
            rect(-90, -6, 176, 12, look.palette.body, corner=2),
            rect(-90, 0, 176, 6, SHADE, opacity=16),
            shape("M86 -6L110 0L86 6Z", "#e3c59a"),
            shape("M102 -2L110 0L102 2Z", "#33302c"),
            turn=look.grain.between("pencil", -14, 16),
        ),
        turn=look.grain.between("turn", -38, -22),
    )


def hammer(look: Look) -> str:
    wood, dark = look.palette.wood, darker(IRON, by=12)
    long = look.grain.between("long", 118, 138)
    head = "M-60 -26H16Q28 -26 28 -14V14Q28 26 16 26H-12Q-40 14 -66 34Q-104 8 -112 -22Q-90 -6 -60 -26Z"
    return moved(
        200,
        200,
        cast(f"M-10 -90H14V{long}H-10Z"),
        moved(6, -92, cast(head)),
        rect(-12, -90, 26, 90 + long, wood, corner=11),
        rect(3, -60, 11, 58 + long, SHADE, corner=5, opacity=16),
        rect(-13, long - 60, 28, 60, look.palette.accent, corner=12),
        moved(
            6,
            -92,
            shape(head, IRON),
            rect(28, -22, 14, 44, dark, corner=2),
            rect(42, -30, 26, 60, IRON, corner=8),
            stroke("M-52 -18H10M48 -22H60", WHITE, 4, opacity=30),
        ),
        turn=look.grain.between("turn", 24, 44),
    )


def screwdrivers(look: Look) -> str:
    colours = look.palette
    handles = (colours.wood, darker(colours.wood, by=14))

    def one(at: int) -> str:
        long = look.grain.between(f"long {at}", 76, 124)
        return moved(
            -104 + 42 * at,
            0,
            rect(-4, -long, 8, long + 10, STEEL),
            shape(f"M-4 {-long}L-6 {-long - 14}H6L4 {-long}Z", darker(STEEL)),
            rect(-7, 2, 14, 12, BRASS, corner=2),
            shape("M-9 12H9Q20 46 13 82Q0 96 -13 82Q-20 46 -9 12Z", handles[at % 2]),
            shape("M3 12H9Q20 46 13 82Q8 88 2 90Q10 50 3 12Z", SHADE, opacity=15),
        )

    roll = lighter(colours.body, by=20)
    return moved(
        200,
        196,
        rect(-126, 22, 262, 92, SHADE, corner=6, opacity=14),
        "".join(one(at) for at in range(6)),
        rect(-134, 44, 266, 62, roll, corner=6),
        "".join(stroke(f"M{-83 + 42 * at} 50V100", darker(roll), 3) for at in range(5)),
        stroke("M-128 52H126", lighter(roll, by=40), 3),
        turn=look.grain.between("turn", -9, 9),
    )


def plane(look: Look) -> str:
    colours = look.palette
    curl = look.grain.between("curl", 14, 22)
    shaving = f"M112 262c-34 -8 -50 -44 -22 -56s44 18 {curl} 26s-26 -14 -8 -20"
    return (
        shadow(128)
        + rect(46, 300, 320, 20, lighter(colours.wood, by=12), corner=3)
        + stroke("M60 310H350", darker(colours.wood), 2, opacity=60)
        + stroke(shaving, lighter(colours.wood, by=40), 9)
        + shape("M92 300Q86 262 112 258H150L186 226H270Q318 236 324 300Z", IRON)
        + shape("M100 286H322Q324 292 324 300H92Q92 290 100 286Z", darker(IRON, by=30))
        + circle(128, 238, 21, colours.body)
        + rect(120, 252, 16, 16, BRASS, corner=3)
        + moved(206, 232, rect(-8, -66, 16, 92, STEEL, corner=3), rect(-11, -30, 22, 34, BRASS, corner=5), turn=34)
        + shape("M238 228Q252 168 296 178Q320 190 300 214Q312 228 308 240Z", colours.wood)
        + shape("M284 176Q320 186 300 214Q312 228 308 240L286 236Q280 208 284 176Z", SHADE, opacity=14)
        + stroke("M160 272H290", WHITE, 4, opacity=25)
    )


def oil(look: Look) -> str:
    colours = look.palette
    paint = look.grain.pick("paint", (colours.body, colours.accent))
    tip = look.grain.between("tip", 296, 320)
    return (
        shadow(70)
        + stroke(f"M206 178Q226 130 {tip} 96", darker(STEEL, by=12), 8)
        + turned(top=230, bottom=312, mouth=62, foot=64, fill=paint)
        + turned(top=186, bottom=234, mouth=18, foot=62, fill=lighter(paint, by=16), bulge=-12)
        + turned(top=168, bottom=190, mouth=14, foot=18, fill=BRASS)
        + rect(166, 250, 70, 40, PAPER, corner=4)
        + shape(
            "M200 254Q214 272 200 284Q186 272 200 254Z", colours.accent if paint != colours.accent else colours.body
        )
        + stroke("M138 246C96 236 98 300 138 296", darker(paint), 9)
        + shape(f"M{tip + 6} 112Q{tip + 18} 134 {tip + 6} 138Q{tip - 6} 134 {tip + 6} 112Z", "#d9a441")
    )


def thread(look: Look) -> str:
    colours, wood = look.palette, look.palette.wood
    yarns = look.grain.pick(
        "yarns",
        (
            (colours.body, colours.accent, "#cfae6a"),
            ("#7b8c80", "#a58f7a", colours.body),
            (colours.accent, "#c6503c", "#d9a441"),
        ),
    )

    def spool(x: int, bottom: int, yarn: str) -> str:
        rows = "".join(
            stroke(f"M{x - 27} {y}Q{x} {y + 9} {x + 27} {y}", darker(yarn, by=16), 2)
            for y in range(bottom - 52, bottom - 12, 12)
        )
        return (
            turned(top=bottom - 72, bottom=bottom - 60, mouth=33, foot=33, fill=wood, x=x)
            + ellipse(x, bottom - 72, 33, 6, lighter(wood))
            + ellipse(x, bottom - 72, 8, 2, darker(wood, by=45))
            + turned(top=bottom - 60, bottom=bottom - 10, mouth=28, foot=28, fill=yarn, x=x)
            + rows
            + turned(top=bottom - 10, bottom=bottom, mouth=33, foot=33, fill=wood, x=x)
        )

    return (
        shadow(112)
        + spool(200, 244, yarns[2])
        + spool(158, 312, yarns[0])
        + spool(244, 312, yarns[1])
        + stroke("M270 290C320 270 330 330 366 306", yarns[1], 4)
        + stroke("M342 326L388 286", STEEL, 4)
    )


STANDING: Motifs = {"clock": clock, "plane": plane, "oil": oil, "thread": thread}
LYING: Motifs = {"tray": tray, "ruler": ruler, "hammer": hammer, "screwdrivers": screwdrivers}
