"""Books, notebooks, pens."""

from product_service.domain.pictures.canvas import circle, ellipse, moved, rect, shape, stroke
from product_service.domain.pictures.palette import BRASS, PAPER, SHADE, STEEL, WHITE, darker, lighter
from product_service.domain.pictures.shapes import Look, Motifs, cast, shadow, sprig

PENCILS = ("#b5533c", "#35587a", "#c4871e", "#3f6b5b", "#a4485a", "#54595e", "#26797f", "#d2703a")


def book(look: Look) -> str:
    colours, grain = look.palette, look.grain
    left, top = grain.between("left", 108, 124), grain.between("top", 118, 136)
    under = grain.between("under", 84, 100)
    return (
        shadow(112)
        + rect(under, 294, 222, 26, colours.accent, corner=4)
        + rect(under + 12, 299, 212, 16, PAPER, corner=2)
        + moved(0, -26, _cover(look, left, top))
    )


def _cover(look: Look, left: int, top: int) -> str:
    colours, grain = look.palette, look.grain
    high = 320 - top
    asked = [ORNAMENTS[word] for word in grain.slug.split("-") if word in ORNAMENTS]
    ornament = asked[0] if asked else grain.pick("ornament", tuple(ORNAMENTS.values()))
    return (
        rect(left + 8, top + 4, 158, high - 4, PAPER, corner=3)
        + rect(left, top, 158, high, colours.body, corner=5)
        + rect(left, top, 20, high, SHADE, corner=5, opacity=22)
        + rect(left + 120, top, 38, high, SHADE, corner=5, opacity=8)
        + rect(left + 36, top + 18, 104, 9, lighter(colours.body, by=55), corner=4)
        + rect(left + 54, top + 34, 68, 6, lighter(colours.body, by=35), corner=3)
        + moved(left + 89, top + 112, ornament(look))
    )


def _sun(look: Look) -> str:
    accent = look.palette.accent
    rays = "".join(moved(0, 0, stroke("M0 -40V-50", accent, 5), turn=turn) for turn in range(0, 360, 30))
    return circle(0, 0, 30, accent) + rays


def _leaves(look: Look) -> str:
    return sprig(0, 54, height=92, lean=look.grain.between("lean", -12, 12), fill=lighter(look.palette.accent, by=10))


def _wheel(look: Look) -> str:
    accent = look.palette.accent
    spokes = "".join(moved(0, 0, stroke("M0 -40V40", accent, 2), turn=turn) for turn in range(0, 180, 30))
    rim = f'<circle r="44" fill="none" stroke="{accent}" stroke-width="7"/>'
    return rim + spokes + circle(0, 0, 8, accent)


def _stars(look: Look) -> str:
    grain, accent = look.grain, look.palette.accent
    star = "M0 -14L4 -4L14 0L4 4L0 14L-4 4L-14 0L-4 -4Z"
    places = ((-34, -30), (20, -40), (40, 4), (-14, 10), (12, 42), (-40, 38))
    return "".join(moved(x, y, shape(star, accent), turn=grain.between(f"star {x}", 0, 45)) for x, y in places)


ORNAMENTS: Motifs = {"bread": _sun, "hedges": _leaves, "bicycle": _wheel, "stars": _stars}
"""A cover says what its book is about, if the title has one of these words."""


def notebook(look: Look) -> str:
    colours, grain = look.palette, look.grain
    wide, high = grain.between("wide", 78, 90), grain.between("high", 112, 122)
    return moved(
        196,
        200,
        rect(9 - wide, 11 - high, 2 * wide, 2 * high, SHADE, corner=10, opacity=16),
        rect(4 - wide, 4 - high, 2 * wide, 2 * high, PAPER, corner=9),
        rect(-wide, -high, 2 * wide, 2 * high, colours.body, corner=10),
        rect(-wide, -high, 18, 2 * high, SHADE, corner=9, opacity=16),
        rect(wide - 28, -high, 9, 2 * high, colours.accent),
        shape(f"M-30 {high}v26l8 -8l8 8v-26Z", colours.accent),
        rect(-46, -high + 34, 74, 40, lighter(colours.body, by=70), corner=4),
        moved(wide + 34, 10, _pencil(look.grain.pick("pencil", PENCILS)), turn=8),
        turn=grain.between("turn", -16, -4),
    )


def _pencil(colour: str) -> str:
    return (
        rect(-6, -80, 12, 150, colour)
        + rect(1, -80, 5, 150, SHADE, opacity=16)
        + shape("M-6 70L0 92L6 70Z", "#e3c59a")
        + shape("M-2 84L0 92L2 84Z", "#33302c")
        + rect(-6, -92, 12, 14, STEEL, corner=2)
    )


def cards(look: Look) -> str:
    colours, grain = look.palette, look.grain
    tilt = grain.between("tilt", 6, 14)
    envelope = moved(
        214,
        224,
        rect(-92, -60, 190, 134, SHADE, corner=4, opacity=14),
        rect(-98, -68, 190, 134, lighter(colours.body, by=35), corner=4),
        shape("M-98 -66L-3 12L92 -66Z", colours.body),
        turn=tilt,
    )
    card = moved(
        186,
        176,
        rect(-72, -94, 154, 204, SHADE, corner=4, opacity=14),
        rect(-78, -102, 154, 204, WHITE, corner=4),
        rect(-66, -90, 130, 180, lighter(colours.halo, by=40), corner=2),
        sprig(-2, 70, height=120, lean=grain.between("lean", -14, 14), fill=colours.accent),
        turn=-tilt,
    )
    return envelope + card


def pen(look: Look) -> str:
    colours, grain = look.palette, look.grain
    body = grain.pick("body", (colours.body, colours.ink, "#b8752f"))
    loops = f"M86 306C120 {grain.between('loop', 240, 280)} 150 330 176 296S226 268 250 300S300 320 318 292"
    return stroke(loops, colours.accent, 4) + moved(
        204,
        176,
        cast("M-120 -12H70L120 0L70 12H-120Z"),
        rect(-126, -13, 106, 26, body, corner=12),
        rect(-22, -14, 10, 28, BRASS),
        rect(-12, -12, 82, 24, darker(body), corner=6),
        shape("M70 -10L124 0L70 10Q62 0 70 -10Z", BRASS),
        stroke("M84 0H118", colours.ink, 2),
        rect(-112, -18, 70, 6, BRASS, corner=3),
        rect(-120, 3, 180, 7, SHADE, corner=3, opacity=20),
        turn=grain.between("turn", 22, 36),
    )


def ink(look: Look) -> str:
    colours, grain = look.palette, look.grain
    fluid = grain.pick("fluid", (colours.body, colours.accent, "#2f5d86", "#356a52"))
    top = grain.between("top", 206, 222)
    return (
        shadow(84)
        + rect(124, top, 152, 320 - top, WHITE, corner=22, opacity=70)
        + rect(134, top + 26, 132, 286 - top, fluid, corner=16)
        + rect(232, top + 6, 38, 306 - top, SHADE, corner=16, opacity=14)
        + rect(166, top - 20, 68, 24, WHITE, corner=4, opacity=80)
        + rect(156, top - 56, 88, 42, colours.ink, corner=8)
        + stroke(f"M170 {top - 46}V{top - 24}", WHITE, 4, opacity=35)
        + rect(156, top + 42, 88, 44, PAPER, corner=4)
        + circle(200, top + 64, 12, fluid)
        + ellipse(310, 318, 22, 6, fluid)
        + circle(340, 322, 5, fluid)
    )


def pencils(look: Look) -> str:
    start = look.grain.number("start", len(PENCILS))
    row = "".join(moved(-98 + 28 * at, -4, _pencil(PENCILS[(start + at) % len(PENCILS)])) for at in range(8))
    return moved(
        200,
        200,
        rect(-114, -108, 244, 232, SHADE, corner=14, opacity=16),
        rect(-122, -118, 244, 232, STEEL, corner=14),
        rect(-114, -110, 228, 216, darker(STEEL, by=35), corner=9),
        row,
        turn=look.grain.between("turn", -9, 9),
    )


STANDING: Motifs = {"book": book, "ink": ink}
LYING: Motifs = {"notebook": notebook, "notebooks": notebook, "cards": cards, "pen": pen}
DESK: Motifs = {"pencils": pencils}
"""Sold beside clocks and rulers."""
