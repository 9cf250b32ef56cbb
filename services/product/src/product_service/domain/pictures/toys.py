"""Wooden toys, soft toys, games."""

from product_service.domain.pictures.canvas import circle, ellipse, moved, rect, shape, stroke
from product_service.domain.pictures.palette import FLAME, PAPER, SHADE, WHITE, darker, lighter
from product_service.domain.pictures.shapes import Look, Motifs, box, shadow

PAINTS = ("#c9543f", "#3c6f8f", "#e0a83e", "#5f8d63", "#d98a9a", "#7d6fa8")
FUR = ("#c99b5e", "#9a9089", "#b57f4e", "#e6dccb")


def _paints(look: Look, count: int) -> tuple[str, ...]:
    start = look.grain.number("paint", len(PAINTS))
    return tuple(PAINTS[(start + at) % len(PAINTS)] for at in range(count))


def blocks(look: Look) -> str:
    first, second, third, fourth = _paints(look, 4)
    wood = lighter(look.palette.wood)
    shift = look.grain.between("shift", -12, 12)
    return (
        shadow(126)
        + box(84, 252, 66, 66, first, corner=5)
        + box(156, 252, 66, 66, wood, corner=5)
        + box(228, 252, 66, 66, second, corner=5)
        + shape("M124 252V206A76 60 0 0 1 252 206V252H222A34 34 0 0 0 154 252Z", third)
        + rect(158 + shift, 134, 56, 44, wood, corner=4)
        + shape(f"M{148 + shift} 136L{186 + shift} 88L{224 + shift} 136Z", fourth)
        + shape(f"M{186 + shift} 88L{224 + shift} 136H{200 + shift}Z", SHADE, opacity=14)
        + circle(326, 296, 23, fourth)
        + stroke("M312 290q4 -10 14 -12", WHITE, 4, opacity=50)
    )


def train(look: Look) -> str:
    first, second, third = _paints(look, 3)
    wood = look.palette.wood
    puff = look.grain.between("puff", 0, 16)

    def wheel(x: int, radius: int) -> str:
        return circle(x, 316 - radius, radius, darker(wood, by=18)) + circle(
            x, 316 - radius, radius // 3, lighter(wood, by=40)
        )

    return (
        shadow(150)
        + circle(112, 132 - puff, 20, WHITE, opacity=75)
        + circle(142, 104 - puff, 15, WHITE, opacity=60)
        + circle(164, 84 - puff, 10, WHITE, opacity=45)
        + rect(90, 166, 26, 50, second, corner=3)
        + rect(84, 158, 38, 14, darker(second), corner=4)
        + rect(62, 208, 120, 66, first, corner=26)
        + rect(150, 160, 66, 114, darker(first, by=12), corner=5)
        + rect(142, 152, 82, 14, second, corner=5)
        + rect(164, 180, 38, 34, lighter(look.palette.halo, by=30), corner=5)
        + rect(56, 270, 168, 16, wood, corner=4)
        + stroke("M224 280H248", look.palette.leather, 8)
        + rect(246, 224, 104, 52, third, corner=5)
        + circle(272, 222, 16, wood)
        + circle(302, 218, 19, lighter(wood))
        + circle(328, 223, 14, wood)
        + rect(246, 224, 104, 34, third, corner=4)
        + rect(240, 270, 116, 16, wood, corner=4)
        + wheel(86, 24)
        + wheel(140, 24)
        + wheel(194, 30)
        + wheel(268, 22)
        + wheel(330, 22)
    )


def spinning_top(look: Look) -> str:
    rings = _paints(look, 3)
    wood = lighter(look.palette.wood)
    whirl = "M64 300C50 322 350 330 342 298"
    return stroke(whirl, WHITE, 4, opacity=50) + moved(
        200,
        316,
        ellipse(30, 2, 50, 7, SHADE, opacity=16),
        rect(-7, -228, 14, 66, wood, corner=6),
        shape(
            "M-14 -168H14Q40 -158 92 -112Q98 -96 80 -78Q30 -34 0 0Q-30 -34 -80 -78Q-98 -96 -92 -112Q-40 -158 -14 -168Z",
            wood,
        ),
        shape("M-92 -112Q0 -84 92 -112Q98 -104 94 -94Q0 -62 -94 -94Q-98 -104 -92 -112Z", rings[0]),
        shape("M-84 -80Q0 -50 84 -80L64 -62Q0 -38 -64 -62Z", rings[1]),
        shape("M-56 -142Q0 -126 56 -142L74 -128Q0 -104 -74 -128Z", rings[2]),
        shape("M14 -168Q40 -158 92 -112Q98 -96 80 -78Q30 -34 0 0Q50 -70 14 -168Z", SHADE, opacity=14),
        stroke("M-70 -110Q-50 -138 -26 -150", WHITE, 6, opacity=45),
        turn=look.grain.pick("tilt", (-14, -10, -7, 7, 10, 14)),
    )


def boat(look: Look) -> str:
    hull, sail = _paints(look, 2)
    mast = look.grain.between("mast", 62, 84)
    wave = "M-40 300q25 -18 50 0" + "t50 0" * 9 + "V400H-40Z"
    return (
        rect(196, mast, 8, 190, look.palette.wood)
        + shape(f"M210 {mast + 8}Q312 {mast + 96} 308 230H210Z", PAPER)
        + shape(f"M266 {mast + 70}Q310 {mast + 130} 308 230H268Z", SHADE, opacity=8)
        + shape(f"M190 {mast + 26}Q124 {mast + 110} 112 230H190Z", lighter(sail, by=20))
        + stroke(f"M128 200H190M146 {mast + 96}H190", WHITE, 4, opacity=60)
        + shape(f"M200 {mast}L240 {mast + 10}L200 {mast + 20}Z", hull)
        + shape("M82 242H324Q310 300 262 306H142Q100 300 82 242Z", hull)
        + shape("M82 242H324L320 258H87Z", lighter(look.palette.wood))
        + shape("M262 258H320Q306 302 262 306H236Q258 290 262 258Z", SHADE, opacity=14)
        + shape(wave, lighter("#4f8fa8", by=20), opacity=85)
        + stroke("M40 326q16 -10 32 0M290 330q16 -10 32 0M160 332q16 -10 32 0", WHITE, 4, opacity=60)
    )


def bear(look: Look) -> str:
    fur = look.grain.pick("fur", FUR[:3])
    pale, scarf = lighter(fur, by=45), look.palette.accent
    ear = look.grain.between("ear", 20, 27)
    return (
        shadow(92)
        + ellipse(128, 248, 24, 48, darker(fur, by=10))
        + ellipse(272, 248, 24, 48, darker(fur, by=10))
        + ellipse(200, 258, 72, 64, fur)
        + ellipse(200, 266, 44, 44, pale)
        + circle(146, 304, 30, fur)
        + circle(254, 304, 30, fur)
        + circle(146, 306, 16, pale)
        + circle(254, 306, 16, pale)
        + circle(142, 110, ear, fur)
        + circle(258, 110, ear, fur)
        + circle(142, 110, ear - 10, pale)
        + circle(258, 110, ear - 10, pale)
        + ellipse(200, 152, 72, 64, fur)
        + ellipse(200, 172, 34, 27, pale)
        + circle(172, 144, 6, SHADE)
        + circle(228, 144, 6, SHADE)
        + ellipse(200, 160, 11, 8, SHADE)
        + stroke("M200 168V178Q190 188 182 182M200 178Q210 188 218 182", SHADE, 3)
        + stroke("M148 204Q200 228 252 204", scarf, 18)
        + stroke("M232 214L246 258", scarf, 16)
        + shape("M236 96Q276 120 270 166Q262 196 240 206Q262 150 236 96Z", SHADE, opacity=9)
    )


def rabbit(look: Look) -> str:
    fur = look.grain.pick("fur", FUR)
    pale, bed = lighter(fur, by=45), look.palette.body
    flop = look.grain.between("flop", -20, 34)
    ears = "".join(
        moved(x, 168, ellipse(0, -46, 18, 56, fur), ellipse(0, -46, 9, 42, "#e3b7a8"), turn=turn)
        for x, turn in ((178, -12), (222, flop))
    )
    return (
        shadow(104)
        + ears
        + ellipse(200, 268, 54, 50, fur)
        + circle(200, 192, 50, fur)
        + ellipse(200, 212, 22, 15, pale)
        + circle(180, 188, 5, SHADE)
        + circle(220, 188, 5, SHADE)
        + shape("M193 203H207L200 211Z", "#c9786a")
        + ellipse(158, 262, 15, 26, darker(fur, by=8))
        + ellipse(242, 262, 15, 26, darker(fur, by=8))
        + rect(98, 272, 204, 46, bed, corner=6)
        + rect(254, 272, 48, 46, SHADE, corner=6, opacity=14)
        + rect(98, 264, 204, 16, lighter(look.palette.accent, by=30), corner=7)
        + stroke("M116 300H220", lighter(bed, by=45), 4)
    )


def puzzle(look: Look) -> str:
    tones = (*_paints(look, 4), PAPER)
    side = 54
    cells = [(column, row) for row in range(4) for column in range(5) if (column, row) not in {(4, 0), (3, 0), (4, 3)}]

    def piece(tone: str) -> str:
        return (
            rect(0, 0, side, side, tone, corner=4)
            + circle(side, side // 2, 10, tone)
            + circle(side // 2, side, 10, tone)
        )

    laid = "".join(
        moved(column * side - 140, row * side - 104, piece(lighter(look.grain.pick(f"{column} {row}", tones), by=18)))
        for column, row in cells
    )
    loose = moved(150, -96, piece(tones[0]), turn=look.grain.between("loose", 16, 50))
    return moved(
        198, 200, rect(-132, -48, 226, 172, SHADE, opacity=13), laid, loose, turn=look.grain.between("turn", -9, 5)
    )


def dice(look: Look) -> str:
    first, second, third = _paints(look, 3)

    def one(x: int, y: int, turn: int, paint: str, eyes: int) -> str:
        spots = ((0, 0),) if eyes == 1 else ((-18, -18), (18, 18)) if eyes == 2 else ((-18, -18), (0, 0), (18, 18))
        return moved(
            x,
            y,
            rect(-36, -36, 72, 72, paint, corner=13),
            rect(14, -36, 22, 72, SHADE, corner=11, opacity=13),
            "".join(circle(sx, sy, 7, WHITE) for sx, sy in spots),
            turn=turn,
        )

    apples = "".join(
        circle(x, y, 17, "#c9543f") + stroke(f"M{x} {y - 16}v-8", "#5a4334", 3) for x, y in ((62, 302), (346, 300))
    )
    return (
        shadow(128)
        + moved(
            254,
            162,
            rect(-50, -70, 100, 142, PAPER, corner=8),
            rect(-42, -62, 84, 126, lighter(first, by=50), corner=5),
            circle(0, 0, 24, second),
            turn=12,
        )
        + moved(
            180,
            160,
            rect(-50, -70, 100, 142, WHITE, corner=8),
            rect(-42, -62, 84, 126, lighter(third, by=50), corner=5),
            circle(0, 0, 24, FLAME),
            turn=-8,
        )
        + one(130, 282, 0, first, look.grain.between("left", 1, 3))
        + one(212, 282, 0, lighter(look.palette.wood), look.grain.between("middle", 1, 3))
        + one(288, 278, 10, second, look.grain.between("right", 1, 3))
        + apples
    )


def kite(look: Look) -> str:
    first, second, third = _paints(look, 3)
    bows = "".join(
        moved(x, y, shape("M0 0L-16 -10V10ZM0 0L16 -10V10Z", paint), turn=turn)
        for x, y, paint, turn in (
            (160, 262, second, 30),
            (122, 282, third, -10),
            (82, 270, first, -40),
            (52, 296, second, 20),
        )
    )
    return (
        ellipse(320, 84, 42, 15, WHITE, opacity=60)
        + ellipse(90, 116, 36, 12, WHITE, opacity=60)
        + stroke("M188 240C170 290 130 270 110 282S70 262 44 304", look.palette.ink, 3)
        + bows
        + moved(
            222,
            156,
            shape("M0 -104L74 -16L0 92L-74 -16Z", first),
            shape("M0 -104L74 -16H0Z", second),
            shape("M0 92L-74 -16H0Z", third),
            shape("M0 -104L74 -16L0 92Z", SHADE, opacity=10),
            stroke("M0 -104V92M-74 -16H74", look.palette.wood, 4),
            turn=look.grain.between("turn", 14, 30),
        )
        + stroke("M232 160Q300 240 336 316", look.palette.ink, 2)
        + moved(338, 318, rect(-20, -9, 40, 18, look.palette.wood, corner=7), rect(-9, -13, 18, 26, PAPER, corner=4))
    )


STANDING: Motifs = {
    "blocks": blocks,
    "train": train,
    "top": spinning_top,
    "boat": boat,
    "bear": bear,
    "rabbit": rabbit,
    "game": dice,
    "kite": kite,
}
LYING: Motifs = {"puzzle": puzzle}
