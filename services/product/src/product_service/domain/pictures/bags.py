"""Bags, purses, umbrellas."""

from product_service.domain.pictures.canvas import circle, ellipse, moved, rect, shape, stroke
from product_service.domain.pictures.palette import BRASS, PAPER, SHADE, STEEL, WHITE, darker, lighter
from product_service.domain.pictures.shapes import Look, Motifs, cast, leaf, shadow, turned

CANVAS = ("#6b6f45", "#34435a", "#a5583a", "#4f5d58")


def _buckle(x: int, y: int) -> str:
    return rect(x - 11, y - 8, 22, 18, BRASS, corner=4) + rect(x - 5, y - 4, 10, 10, darker(BRASS, by=45), corner=2)


def rucksack(look: Look) -> str:
    colours = look.palette
    cloth = look.grain.pick("canvas", (*CANVAS, colours.body))
    top = look.grain.between("top", 112, 128)
    return (
        shadow(96)
        + stroke(f"M176 {top}C176 {top - 42} 224 {top - 42} 224 {top}", colours.leather, 10)
        + stroke("M116 180C84 220 84 280 108 306M284 180C316 220 316 280 292 306", darker(cloth, by=30), 15)
        + shape(
            f"M110 {top + 40}Q110 {top} 150 {top}H250Q290 {top} 290 {top + 40}"
            "L298 300Q298 318 280 318H120Q102 318 102 300Z",
            cloth,
        )
        + shape(f"M250 {top}Q290 {top} 290 {top + 40}L298 300Q298 318 280 318H250Z", SHADE, opacity=13)
        + rect(130, 232, 140, 76, darker(cloth, by=12), corner=12)
        + stroke("M138 252H262", lighter(cloth, by=20), 3)
        + shape(
            f"M106 {top + 42}Q108 {top - 4} 150 {top - 6}H250Q292 {top - 4} 294 {top + 42}V196Q200 226 106 196Z",
            lighter(cloth, by=12),
        )
        + shape(f"M252 {top - 6}Q292 {top - 4} 294 {top + 42}V196Q276 204 250 208Z", SHADE, opacity=10)
        + rect(148, 176, 15, 76, colours.leather, corner=4)
        + rect(237, 176, 15, 76, colours.leather, corner=4)
        + _buckle(155, 226)
        + _buckle(244, 226)
    )


def tote(look: Look) -> str:
    grain = look.grain
    cloth = grain.pick("canvas", ("#eadfc8", "#a5583a", "#34435a", look.palette.body))
    high = grain.between("handles", 88, 106)
    greens = leaf(150, 176, -30, 66) + leaf(166, 176, 10, 84, "#7f9a63") + leaf(184, 178, 40, 62)
    bread = moved(
        252,
        150,
        rect(-17, -66, 34, 130, "#c98f4e", corner=17),
        stroke("M-8 -40l14 10M-8 -16l14 10", "#e7bd83", 5),
        turn=14,
    )
    return (
        shadow(100)
        + stroke(f"M146 180C146 {high} 254 {high} 254 180", darker(cloth, by=30), 10)
        + greens
        + bread
        + shape("M104 166H296L306 318H94Z", cloth)
        + shape("M246 166H296L306 318H250Z", SHADE, opacity=12)
        + stroke("M106 182H294", darker(cloth), 3)
        + stroke(f"M146 184C146 {high + 8} 254 {high + 8} 254 184M146 184V316M254 184V316", darker(cloth, by=16), 11)
        + circle(200, 252, grain.between("print", 24, 34), look.palette.accent)
        + leaf(190, 268, 24, 32, lighter(cloth, by=50))
    )


def satchel(look: Look) -> str:
    hide = look.grain.pick("hide", (look.palette.leather, "#6d4630", "#bd8350"))
    deep = look.grain.between("flap", 226, 250)
    return (
        shadow(124)
        + stroke("M110 170C90 60 310 60 290 170", darker(hide, by=22), 12)
        + rect(168, 142, 64, 26, darker(hide, by=30), corner=9)
        + rect(84, 160, 232, 158, darker(hide, by=10), corner=14)
        + shape(
            f"M80 172Q80 156 96 156H304Q320 156 320 172V{deep - 18}Q320 {deep} 302 {deep}H98Q80 {deep} 80 {deep - 18}Z",
            hide,
        )
        + stroke(f"M92 170V{deep - 12}H308V170", lighter(hide, by=30), 2)
        + rect(270, 160, 46, 158, SHADE, corner=14, opacity=13)
        + stroke("M104 168H220", WHITE, 4, opacity=22)
        + rect(128, 176, 20, 104, darker(hide, by=26), corner=5)
        + rect(252, 176, 20, 104, darker(hide, by=26), corner=5)
        + _buckle(138, 262)
        + _buckle(262, 262)
    )


def holdall(look: Look) -> str:
    colours = look.palette
    cloth = look.grain.pick("canvas", (*CANVAS, colours.body))
    arch = look.grain.between("arch", 108, 126)
    return (
        shadow(136)
        + stroke(f"M146 232C146 {arch} 254 {arch} 254 232", darker(colours.leather), 11)
        + shape("M70 214Q70 184 104 180H296Q330 184 330 214L336 298Q336 318 314 318H86Q64 318 64 298Z", cloth)
        + shape("M276 180H296Q330 184 330 214L336 298Q336 318 314 318H280Q300 250 276 180Z", SHADE, opacity=14)
        + shape("M64 286H336V298Q336 318 314 318H86Q64 318 64 298Z", colours.leather)
        + stroke("M84 194H316", BRASS, 4)
        + rect(312, 188, 16, 13, BRASS, corner=4)
        + stroke(f"M146 300V236C146 {arch + 12} 254 {arch + 12} 254 236V300", colours.leather, 12)
        + circle(146, 248, 5, BRASS)
        + circle(254, 248, 5, BRASS)
        + stroke("M82 216Q82 200 104 196", WHITE, 5, opacity=30)
    )


def purse(look: Look) -> str:
    hide = look.grain.pick("hide", (look.palette.leather, "#3b302b", "#4f6a56", look.palette.body))
    flap = look.grain.between("flap", 226, 246)
    coins = "".join(
        circle(x, y, r, BRASS) + circle(x, y, r - 6, lighter(BRASS, by=30))
        for x, y, r in ((316, 300, 19), (346, 310, 13))
    )
    return (
        shadow(108)
        + rect(134, 150, 120, 60, PAPER, corner=5)
        + rect(122, 162, 140, 60, lighter(look.palette.accent, by=30), corner=5)
        + rect(92, 180, 212, 138, darker(hide, by=14), corner=20)
        + shape(
            f"M92 200Q92 178 114 178H282Q304 178 304 200V{flap - 20}"
            f"Q250 {flap + 26} 198 {flap + 26}Q146 {flap + 26} 92 {flap - 20}Z",
            hide,
        )
        + stroke(
            f"M102 204V{flap - 26}Q150 {flap + 14} 198 {flap + 14}Q246 {flap + 14} 294 {flap - 26}V204",
            lighter(hide, by=35),
            2,
        )
        + rect(256, 182, 48, 136, SHADE, corner=18, opacity=14)
        + circle(198, flap + 6, 11, BRASS)
        + circle(195, flap + 3, 4, WHITE, opacity=60)
        + coins
    )


def tag(look: Look) -> str:
    hide = look.grain.pick("hide", (look.palette.leather, "#a8433c", look.palette.body))
    outline = "M-116 -58H74L118 -18V18L74 58H-116Q-130 58 -130 44V-44Q-130 -58 -116 -58Z"
    return moved(
        190,
        214,
        cast(outline),
        shape(outline, hide),
        stroke("M-110 -46H68L106 -12V12L68 46H-110Q-118 46 -118 38V-38Q-118 -46 -110 -46Z", lighter(hide, by=40), 2),
        rect(-98, -32, 132, 64, PAPER, corner=6),
        stroke("M-84 -12H14M-84 4H-6M-84 20H-30", look.palette.ink, 3, opacity=55),
        circle(82, 0, 15, BRASS),
        circle(82, 0, 8, look.palette.halo),
        stroke("M82 0C150 -20 170 -110 90 -136S-10 -110 40 -84", darker(hide), 13),
        moved(88, -136, rect(-13, -13, 26, 26, STEEL, corner=5), rect(-6, -6, 12, 12, darker(hide), corner=2)),
        turn=look.grain.between("turn", -30, -12),
    )


def umbrella(look: Look) -> str:
    cloth = look.grain.pick("cloth", (look.palette.body, look.palette.accent, "#2f3236"))
    drops = "".join(
        stroke(f"M{x} {y}l-4 13", WHITE, 4, opacity=70)
        for x, y in ((70, 70), (330, 62), (40, 150), (362, 150), (120, 44), (284, 36))
    )
    return (
        drops
        + moved(
            200,
            190,
            stroke("M0 -104V96Q0 126 -22 126Q-40 126 -40 106", look.palette.wood, 9),
            shape(
                "M-146 0Q-140 -108 0 -112Q140 -108 146 0Q122 -22 98 0Q74 -24 49 0"
                "Q24 -24 0 0Q-24 -24 -49 0Q-74 -24 -98 0Q-122 -22 -146 0Z",
                cloth,
            ),
            shape("M0 -112Q-52 -70 -49 0Q-24 -24 0 0Q24 -24 49 0Q52 -70 0 -112Z", lighter(cloth, by=14)),
            shape("M0 -112Q140 -108 146 0Q122 -22 98 0Q92 -80 0 -112Z", SHADE, opacity=16),
            stroke("M0 -112V-126", darker(cloth, by=30), 6),
            stroke("M-120 -40Q-100 -84 -54 -98", WHITE, 5, opacity=35),
            turn=look.grain.between("turn", -14, 14),
        )
        + ellipse(206, 324, 60, 6, SHADE, opacity=12)
    )


def wash_bag(look: Look) -> str:
    colours = look.palette
    cloth = look.grain.pick("canvas", (*CANVAS, colours.body))
    brush = look.grain.pick("brush", ("#d98a9a", "#6f9a8d", "#e0b04d"))
    return (
        shadow(112)
        + moved(262, 196, rect(-6, -92, 12, 120, brush, corner=5), rect(-14, -96, 22, 30, WHITE, corner=4), turn=12)
        + rect(128, 138, 40, 90, lighter(colours.accent, by=35), corner=8)
        + rect(136, 122, 24, 20, WHITE, corner=4)
        + shape("M96 206Q96 192 112 192H288Q304 192 304 206L314 296Q314 318 292 318H108Q86 318 86 296Z", cloth)
        + shape("M258 192H288Q304 192 304 206L314 296Q314 318 292 318H262Q280 256 258 192Z", SHADE, opacity=14)
        + stroke("M104 212H296", STEEL, 5)
        + rect(286, 206, 12, 32, colours.leather, corner=4)
        + stroke("M88 240C60 236 60 284 90 282", colours.leather, 9)
        + rect(164, 248, 66, 34, lighter(cloth, by=25), corner=4)
        + stroke("M176 265H218", colours.ink, 3, opacity=50)
    )


def bottle(look: Look) -> str:
    knit = look.grain.pick("knit", ("#e3d6bd", "#2f5b4a", look.palette.body))
    glass = lighter(look.palette.accent, by=60)
    top = look.grain.between("top", 196, 214)
    ribs = "".join(stroke(f"M{x} {top + 14}V306", darker(knit, by=14), 3) for x in range(160, 246, 14))
    return (
        shadow(58)
        + turned(top=130, bottom=312, mouth=26, foot=46, fill=glass, bulge=24, opacity=80)
        + turned(top=top, bottom=312, mouth=54, foot=50, fill=knit)
        + ribs
        + stroke(f"M147 {top + 4}Q200 {top + 20} 253 {top + 4}", lighter(knit, by=20), 11)
        + turned(top=98, bottom=134, mouth=30, foot=31, fill=STEEL)
        + ellipse(200, 98, 30, 6, lighter(STEEL))
        + stroke("M184 96C184 66 216 66 216 96", darker(STEEL), 6)
        + circle(304, 302, 20, "#e2b93b")
        + circle(299, 296, 6, WHITE, opacity=45)
    )


STANDING: Motifs = {
    "rucksack": rucksack,
    "tote": tote,
    "satchel": satchel,
    "holdall": holdall,
    "purse": purse,
    "umbrella": umbrella,
    "bag": wash_bag,
    "bottle": bottle,
}
LYING: Motifs = {"tag": tag}
