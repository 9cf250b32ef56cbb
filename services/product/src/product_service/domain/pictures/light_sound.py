"""Lamps, radios, loudspeakers."""

from product_service.domain.pictures.canvas import circle, ellipse, moved, rect, shape, stroke
from product_service.domain.pictures.palette import BRASS, FLAME, IRON, SHADE, STEEL, WHITE, darker, lighter
from product_service.domain.pictures.shapes import Look, Motifs, box, shadow, turned

GLOW = "#ffe9b0"


def desk_lamp(look: Look) -> str:
    paint = look.grain.pick("paint", (look.palette.body, look.palette.accent, IRON))
    knee = look.grain.between("knee", 104, 128)
    head = moved(
        258,
        128,
        shape("M-64 56L-130 206H130L64 56Z", GLOW, opacity=45),
        shape("M-24 -22H24L66 54H-66Z", paint),
        shape("M8 -22H24L66 54H26Z", SHADE, opacity=16),
        ellipse(0, 54, 66, 11, darker(paint, by=30)),
        ellipse(0, 56, 24, 8, FLAME),
        rect(-15, -38, 30, 18, darker(paint), corner=5),
        turn=look.grain.between("tilt", 4, 16),
    )
    return (
        shadow(72, x=140)
        + head
        + stroke(f"M142 304L{knee} 190L246 108", darker(STEEL, by=12), 8)
        + stroke(f"M154 300L{knee + 12} 194", darker(STEEL, by=35), 3)
        + circle(knee, 190, 11, BRASS)
        + turned(top=300, bottom=314, mouth=56, foot=60, fill=paint, x=140)
        + ellipse(140, 300, 56, 9, lighter(paint, by=14))
    )


def table_lamp(look: Look) -> str:
    wood = look.palette.wood
    high = look.grain.between("high", 112, 130)
    glass = "#fff3d6"
    return (
        circle(200, 190, 140, GLOW, opacity=40)
        + shadow(60)
        + turned(top=210, bottom=300, mouth=14, foot=22, fill=wood, bulge=look.grain.between("bulge", -8, 14))
        + turned(top=296, bottom=314, mouth=40, foot=48, fill=darker(wood, by=10))
        + shape(f"M92 214Q92 {high} 200 {high}Q308 {high} 308 214Q200 240 92 214Z", glass)
        + shape(f"M236 {high + 8}Q308 {high + 24} 308 214Q280 222 248 226Q268 170 236 {high + 8}Z", SHADE, opacity=7)
        + ellipse(200, 190, 46, 26, FLAME, opacity=30)
        + stroke("M114 192Q124 150 160 134", WHITE, 8, opacity=90)
        + stroke("M244 306C300 306 312 326 372 320", IRON, 4)
        + rect(314, 312, 26, 15, BRASS, corner=6)
    )


def pendant(look: Look) -> str:
    paint = look.grain.pick("paint", ("#44614c", "#efe3c9", look.palette.body, look.palette.accent))
    neck, wide = look.grain.between("neck", 20, 34), look.grain.between("wide", 92, 112)
    return (
        shape(f"M{204 - wide} 224L{176 - wide} 330H{224 + wide}L{196 + wide} 224Z", GLOW, opacity=45)
        + ellipse(200, 326, wide, 13, GLOW, opacity=60)
        + stroke("M200 20V116", IRON, 5)
        + rect(182, 108, 36, 30, BRASS, corner=6)
        + shape(
            f"M{200 - neck} 134H{200 + neck}Q{204 + neck} 186 {200 + wide} 224"
            f"Q200 250 {200 - wide} 224Q{196 - neck} 186 {200 - neck} 134Z",
            paint,
        )
        + shape(
            f"M{200 + neck // 2} 134H{200 + neck}Q{204 + neck} 186 {200 + wide} 224"
            f"Q{200 + wide // 2} 234 {200 + wide // 3} 236Q{206 + neck} 180 {200 + neck // 2} 134Z",
            SHADE,
            opacity=15,
        )
        + ellipse(200, 225, wide, 14, WHITE)
        + ellipse(200, 230, 34, 11, FLAME)
        + stroke(f"M{194 - neck // 2} 152Q{188 - neck} 186 {222 - wide} 206", WHITE, 5, opacity=40)
    )


def bulb(look: Look) -> str:
    loops = look.grain.between("loops", 3, 5)
    gap = 48 // loops
    filament = "".join(
        stroke(f"M{200 - 24 + gap * at + gap // 2} 226L{200 - 24 + gap * at + gap // 2} 142", "#e8952f", 4)
        for at in range(loops)
    )
    return (
        circle(200, 176, 128, GLOW, opacity=45)
        + shadow(44)
        + shape("M200 88Q274 92 274 168Q274 206 240 236V256H160V236Q126 206 126 168Q126 92 200 88Z", WHITE, opacity=60)
        + filament
        + stroke("M176 142Q200 128 224 142M190 250V226M210 250V226", darker(BRASS), 3)
        + stroke("M146 172Q148 122 188 108", WHITE, 8, opacity=90)
        + rect(160, 250, 80, 16, darker(BRASS, by=12), corner=4)
        + rect(164, 266, 72, 14, BRASS, corner=5)
        + rect(164, 280, 72, 14, darker(BRASS, by=12), corner=5)
        + rect(168, 294, 64, 14, BRASS, corner=5)
        + rect(184, 308, 32, 12, IRON, corner=4)
    )


def cable(look: Look) -> str:
    cloth = look.grain.pick("cloth", (look.palette.body, look.palette.accent, "#8b8f92"))
    rings = (104, 86, 68)
    coil = "".join(
        f'<circle r="{radius}" fill="none" stroke="{colour}" stroke-width="15"/>'
        f'<circle r="{radius}" fill="none" stroke="{lighter(cloth, by=50)}" stroke-width="5" stroke-dasharray="5 8"/>'
        for radius, colour in zip(rings, (cloth, darker(cloth, by=12), cloth), strict=True)
    )
    return moved(
        200,
        196,
        f'<circle cx="7" cy="10" r="86" fill="none" stroke="{SHADE}" stroke-width="52" opacity=".13"/>',
        coil,
        stroke("M104 4C112 70 96 110 140 140", cloth, 15),
        stroke("M140 140l16 4M140 140l10 14M140 140l18 -8", BRASS, 4),
        moved(
            -86,
            0,
            rect(-30, -11, 60, 22, look.palette.leather, corner=5),
            circle(16, 0, 4, BRASS),
            turn=look.grain.between("strap", -10, 10),
        ),
        turn=look.grain.between("turn", -30, 30),
    )


def radio(look: Look) -> str:
    colours = look.palette
    case = look.grain.pick("case", (colours.wood, colours.body, "#e0c697"))
    dots = "".join(circle(x, y, 4, darker(case, by=45)) for x in range(104, 206, 16) for y in range(206, 290, 16))
    return (
        shadow(126)
        + stroke("M290 166L334 84", STEEL, 5)
        + circle(335, 82, 6, STEEL)
        + rect(92, 308, 26, 12, IRON, corner=3)
        + rect(282, 308, 26, 12, IRON, corner=3)
        + box(72, 162, 256, 150, case, corner=22)
        + stroke("M130 162C130 118 270 118 270 162", colours.leather, 10)
        + rect(90, 190, 122, 106, lighter(case, by=45), corner=12)
        + dots
        + rect(228, 190, 82, 34, "#fdf3d9", corner=6)
        + stroke("M236 214H302M244 214v-8M260 214v-8M276 214v-8M292 214v-8", colours.ink, 2)
        + stroke(f"M{look.grain.between('station', 240, 300)} 194V220", "#d9523f", 4)
        + circle(250, 264, 21, darker(case, by=35))
        + circle(250, 262, 17, BRASS)
        + circle(292, 264, 15, darker(case, by=35))
        + circle(292, 262, 12, BRASS)
    )


def speakers(look: Look) -> str:
    wood = look.grain.pick("veneer", (look.palette.wood, "#7a5236", "#f1ece0"))
    top = look.grain.between("top", 138, 158)

    def one(x: int) -> str:
        middle = x + 58
        return (
            shadow(66, x=middle)
            + box(x, top, 116, 318 - top, wood, corner=8)
            + rect(x + 9, top + 10, 98, 298 - top, darker(wood, by=50), corner=5)
            + circle(middle, top + 46, 20, IRON)
            + circle(middle, top + 46, 9, STEEL)
            + circle(middle, 256, 39, IRON)
            + circle(middle, 256, 32, look.palette.accent)
            + circle(middle, 256, 13, darker(look.palette.accent, by=30))
            + stroke(f"M{middle - 24} 246Q{middle - 16} 230 {middle} 228", WHITE, 4, opacity=45)
        )

    return one(72) + one(212)


def headphones(look: Look) -> str:
    hide = look.grain.pick("hide", (look.palette.leather, IRON, look.palette.body))
    top = look.grain.between("top", 84, 104)
    return (
        shadow(104)
        + stroke("M120 300C90 350 190 300 226 318S330 330 356 312", IRON, 5)
        + stroke(f"M104 240C92 {top - 20} 308 {top - 20} 296 240", STEEL, 9)
        + stroke(f"M126 {top + 62}C160 {top - 4} 240 {top - 4} 274 {top + 62}", hide, 19)
        + stroke(f"M136 {top + 52}C166 {top + 2} 220 {top - 2} 246 {top + 22}", WHITE, 4, opacity=30)
        + "".join(
            rect(x, 206, 44, 100, look.palette.wood, corner=20)
            + rect(pad, 202, 34, 108, darker(hide, by=15), corner=16)
            + rect(pad + 20, 202, 14, 108, SHADE, corner=8, opacity=16)
            + circle(x + 22, 222, 6, BRASS)
            for x, pad in ((76, 112), (280, 254))
        )
    )


STANDING: Motifs = {
    "desk": desk_lamp,
    "table": table_lamp,
    "pendant": pendant,
    "bulb": bulb,
    "radio": radio,
    "speakers": speakers,
    "headphones": headphones,
}
LYING: Motifs = {"cable": cable}
