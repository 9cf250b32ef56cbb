"""Pots, knives, plates."""

from product_service.domain.pictures.canvas import circle, ellipse, moved, rect, shape, stroke
from product_service.domain.pictures.palette import BRASS, IRON, SHADE, STEEL, WHITE, darker, lighter
from product_service.domain.pictures.shapes import Look, Motifs, cast, leaf, opening, shadow, turned


def pan(look: Look) -> str:
    deep = look.grain.between("deep", 252, 266)
    handle = f"M255 {deep + 8}L362 {deep - 22}"
    return (
        shadow(105, x=165)
        + stroke(handle, darker(IRON), 18)
        + circle(360, deep - 21, 5, look.palette.wall)
        + turned(top=deep, bottom=312, mouth=108, foot=88, fill=IRON, x=165)
        + opening(y=deep, wide=108, fill=IRON, inside=darker(IRON, by=35), x=165)
        + _thyme(130, deep + 4)
    )


def _thyme(x: int, y: int) -> str:
    return leaf(x, y, 34, 8) + leaf(x + 18, y + 2, 34, -4) + leaf(x + 30, y - 2, 30, 10)


def stockpot(look: Look) -> str:
    colours = look.palette
    top = look.grain.between("top", 180, 205)
    enamel = look.grain.pick("enamel", (colours.body, colours.accent, "#efe4cd"))
    left = f"M104 {top + 34}C66 {top + 24} 66 {top + 74} 106 {top + 66}"
    right = f"M296 {top + 34}C334 {top + 24} 334 {top + 74} 294 {top + 66}"
    return (
        shadow(112)
        + stroke(left + right, colours.ink, 10)
        + turned(top=top, bottom=312, mouth=98, foot=92, fill=enamel)
        + shape(
            f"M100 {top}Q110 {top - 46} 200 {top - 50}Q290 {top - 46} 300 {top}Q200 {top + 26} 100 {top}Z",
            lighter(enamel, by=12),
        )
        + stroke(f"M101 {top + 1}Q200 {top + 27} 299 {top + 1}", colours.ink, 6)
        + ellipse(200, top - 54, 17, 10, colours.ink)
        + stroke(f"M140 {top - 34}Q165 {top - 42} 190 {top - 42}", WHITE, 5, opacity=40)
    )


def saucepan(look: Look) -> str:
    top = look.grain.between("top", 218, 236)
    marks = "".join(stroke(f"M104 {y}h16", SHADE, 3, opacity=30) for y in range(top + 34, 300, 18))
    return (
        shadow(92, x=165)
        + stroke(f"M240 {top + 22}L262 {top + 18}", darker(STEEL, by=35), 10)
        + stroke(f"M266 {top + 18}L352 {top + 4}", look.palette.wood, 18)
        + turned(top=top, bottom=312, mouth=82, foot=78, fill=STEEL, x=165)
        + opening(y=top, wide=82, fill=STEEL, inside=darker(STEEL, by=30), x=165)
        + ellipse(165, top + 3, 70, 7, lighter(look.palette.accent, by=45))
        + marks
    )


def knife(look: Look) -> str:
    length = look.grain.between("length", 110, 160)
    deep = look.grain.between("deep", 24, 36)
    blade = f"M22 -18H{60 - length}Q{10 - length} -14 {-length} 8Q{30 - length // 2} {deep} 22 {deep}Z"
    handle = rect(32, -20, 116, 36, look.palette.wood, corner=15) + rect(32, 2, 116, 14, SHADE, corner=7, opacity=15)
    rivets = "".join(circle(x, -3, 4, BRASS) for x in (56, 88, 120))
    return moved(
        200,
        200,
        cast(blade + "M32 -20H140Q150 -2 140 16H32Z"),
        shape(blade, STEEL),
        shape(
            f"M22 {deep - 12}Q{30 - length // 2} {deep - 10} {-length} 8Q{30 - length // 2} {deep} 22 {deep}Z",
            WHITE,
            opacity=60,
        ),
        rect(20, -18, 14, 34, look.palette.ink, corner=3),
        handle,
        rivets,
        turn=look.grain.between("turn", -52, -28),
    )


def board(look: Look) -> str:
    wood, left = look.palette.wood, look.grain.between("left", 104, 120)
    width = 400 - 2 * left
    cell = width // 6
    tones = (lighter(wood, by=14), wood, darker(wood, by=10))
    blocks = "".join(
        rect(left + column * cell, 140 + row * 30, cell, 30, tones[look.grain.number(f"block {column} {row}", 3)])
        for column in range(6)
        for row in range(6)
    )
    return (
        shadow(width * 5 // 8)
        + rect(left - 5, 134, cell * 6 + 10, 186, darker(wood), corner=10)
        + blocks
        + rect(170, 150, 60, 16, look.palette.halo, corner=8)
        + circle(306, 300, 24, "#d9523f")
        + shape("M306 278l6 -10l4 9l9 -1l-6 7h-24l-5 -7l9 1Z", "#5f8257")
        + ellipse(298, 292, 6, 4, WHITE, opacity=50)
    )


def plate(look: Look) -> str:
    glaze = look.grain.pick("glaze", ("#8d9694", "#e6d9c0", "#7f8d68", look.palette.body))
    inner = look.grain.between("inner", 74, 92)
    specks = "".join(
        circle(look.grain.between(f"x{n}", 145, 255), look.grain.between(f"y{n}", 145, 255), 2, SHADE, opacity=25)
        for n in range(9)
    )
    fork = "M66 110v50q0 18 12 20v110M78 110v50M90 110v50q0 18 -12 20"
    return (
        circle(208, 211, 122, SHADE, opacity=14)
        + circle(200, 200, 122, darker(glaze, by=12))
        + circle(199, 198, 118, lighter(glaze, by=12))
        + circle(200, 200, inner + 4, darker(glaze, by=10))
        + circle(201, 202, inner, glaze)
        + specks
        + stroke("M112 168Q128 116 182 100", WHITE, 7, opacity=45)
        + moved(-34, 0, stroke(fork, STEEL, 6))
    )


def bowl(look: Look) -> str:
    glaze = look.grain.pick("glaze", ("#8d9694", "#e6d9c0", "#7f8d68", look.palette.body))
    top = look.grain.between("top", 206, 226)
    return (
        shadow(80)
        + turned(top=304, bottom=314, mouth=44, foot=48, fill=darker(glaze, by=25))
        + turned(top=top, bottom=304, mouth=106, foot=44, fill=glaze, bulge=38)
        + opening(y=top, wide=106, fill=glaze, inside=darker(glaze, by=22))
        + ellipse(200, top + 4, 86, 10, look.grain.pick("soup", ("#d98a3d", "#c4512f", "#a9a354")))
        + leaf(186, top + 6, 26, 8)
        + leaf(204, top + 4, 24, -4)
        + stroke(f"M170 {top - 34}q-12 -18 0 -34t0 -34M226 {top - 40}q-12 -16 0 -30t0 -30", WHITE, 6, opacity=60)
    )


def glass(look: Look) -> str:
    top = look.grain.between("top", 196, 222)
    tint = lighter(look.palette.accent, by=62)

    def tumbler(x: int, rim: int) -> str:
        return (
            shadow(48, x=x)
            + turned(top=rim, bottom=314, mouth=46, foot=38, fill=tint, x=x, opacity=70)
            + turned(
                top=rim + 40, bottom=308, mouth=40, foot=34, fill=lighter(look.palette.body, by=45), x=x, opacity=60
            )
            + opening(y=rim, wide=46, fill=tint, inside=lighter(tint, by=40), x=x)
        )

    return (
        tumbler(232, top - 22)
        + tumbler(150, top)
        + circle(304, 298, 22, "#e2b93b")
        + circle(298, 291, 7, WHITE, opacity=40)
    )


STANDING: Motifs = {
    "pan": pan,
    "stockpot": stockpot,
    "saucepan": saucepan,
    "board": board,
    "bowl": bowl,
    "glass": glass,
}
LYING: Motifs = {"knife": knife, "plate": plate}
