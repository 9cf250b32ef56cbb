"""Bicycles, tents, flasks."""

from product_service.domain.pictures.canvas import circle, ellipse, moved, rect, shape, stroke
from product_service.domain.pictures.palette import BRASS, FLAME, IRON, MOSS, SHADE, STEEL, WHITE, darker, lighter
from product_service.domain.pictures.shapes import Look, Motifs, cast, opening, shadow, sprig, turned


def bell(look: Look) -> str:
    colours = look.palette
    metal = look.grain.pick("metal", (BRASS, "#d8b25a", "#b7774a"))
    dome = look.grain.between("dome", 118, 136)
    ring = "".join(moved(200, 216, stroke("M0 -150V-166", colours.body, 5), turn=turn) for turn in (-52, -26, 26, 52))
    return (
        stroke("M20 282C90 262 310 262 380 282", IRON, 24)
        + stroke("M24 276C90 257 310 257 376 276", WHITE, 4, opacity=30)
        + rect(20, 268, 60, 30, colours.leather, corner=12)
        + rect(164, 240, 72, 44, darker(metal, by=35), corner=8)
        + stroke("M246 246L304 226", darker(metal, by=30), 10)
        + circle(306, 225, 11, darker(metal, by=20))
        + shape(f"M106 244Q106 {dome} 200 {dome}Q294 {dome} 294 244Q200 266 106 244Z", metal)
        + shape(f"M232 {dome + 4}Q294 {dome + 22} 294 244Q270 252 240 254Q258 190 232 {dome + 4}Z", SHADE, opacity=15)
        + stroke("M128 224Q136 172 176 152", WHITE, 8, opacity=55)
        + stroke("M106 244Q200 266 294 244", darker(metal, by=22), 5)
        + circle(200, dome, 10, darker(metal, by=12))
        + ring
    )


def saddle(look: Look) -> str:
    leather = look.grain.pick("hide", (look.palette.leather, "#3b302b", "#c08552"))
    rise = look.grain.between("rise", 4, 18)
    rivets = "".join(circle(x, y, 5, BRASS) for x, y in ((92, 176), (96, 200), (112, 220), (318, 200), (330, 212)))
    top = (
        f"M76 {168 - rise}Q130 {150 - rise} 180 176Q260 196 336 190Q356 196 346 216"
        f"Q300 226 246 222Q180 224 150 244Q110 258 88 234Q66 206 76 {168 - rise}Z"
    )
    return (
        shadow(40)
        + rect(186, 252, 26, 72, darker(STEEL), corner=4)
        + rect(176, 246, 46, 20, IRON, corner=5)
        + stroke("M110 236Q140 262 200 256Q270 250 330 214", darker(STEEL), 8)
        + circle(106, 258, 15, STEEL)
        + stroke("M94 250l24 4M93 258h26M94 266l24 -4", darker(STEEL, by=40), 3)
        + shape(top, leather)
        + shape(
            "M150 244Q180 224 246 222Q300 226 346 216Q356 206 350 198"
            "Q300 212 240 208Q170 206 132 232Q106 244 84 226Q96 262 150 244Z",
            SHADE,
            opacity=18,
        )
        + stroke(f"M96 {176 - rise}Q136 {164 - rise} 176 188Q230 204 300 204", WHITE, 5, opacity=28)
        + rivets
    )


def bike_lamp(look: Look) -> str:
    case = look.grain.pick("case", (STEEL, IRON, look.palette.body))
    long = look.grain.between("long", 96, 116)
    return (
        shape("M112 178L0 96V330L112 262Z", FLAME, opacity=28)
        + shape("M112 190L0 150V290L112 250Z", FLAME, opacity=30)
        + stroke("M250 300H392", IRON, 24)
        + rect(226, 256, 40, 56, darker(IRON, by=30), corner=8)
        + shape(f"M128 172H{160 + long}Q{186 + long} 176 {186 + long} 220Q{186 + long} 260 {160 + long} 264H128Z", case)
        + shape(f"M128 232H{186 + long}Q{180 + long} 262 {160 + long} 264H128Z", SHADE, opacity=16)
        + stroke(f"M150 190H{150 + long}", WHITE, 6, opacity=40)
        + "".join(stroke(f"M{x} 178V258", darker(case), 4) for x in (214, 228, 242))
        + ellipse(124, 218, 20, 52, darker(case, by=30))
        + ellipse(120, 218, 15, 44, "#fff0c2")
        + circle(250, 166, 9, look.palette.accent)
    )


def pannier(look: Look) -> str:
    colours = look.palette
    canvas = look.grain.pick("canvas", ("#6b6f45", "#34435a", colours.body))
    roll = look.grain.between("roll", 128, 144)
    return (
        shadow(104)
        + stroke("M150 142V108H176V128M226 128V108H250V142", IRON, 9)
        + shape(f"M110 {roll + 20}H290L300 306Q300 318 288 318H112Q100 318 100 306Z", canvas)
        + shape(f"M244 {roll + 20}H290L300 306Q300 318 288 318H250Z", SHADE, opacity=14)
        + rect(100, 282, 200, 36, darker(canvas, by=26), corner=10)
        + rect(104, roll, 192, 40, lighter(canvas, by=12), corner=18)
        + stroke(f"M120 {roll + 20}H280", darker(canvas), 3)
        + rect(140, roll - 4, 16, 118, colours.leather, corner=4)
        + rect(244, roll - 4, 16, 118, colours.leather, corner=4)
        + rect(136, 222, 24, 20, BRASS, corner=4)
        + rect(240, 222, 24, 20, BRASS, corner=4)
        + rect(172, 232, 56, 34, lighter(canvas, by=30), corner=4)
    )


def multitool(look: Look) -> str:
    grain = look.grain
    tools = "".join(
        moved(
            -88,
            0,
            rect(-5, -length, 10, length, STEEL if turn % 2 else darker(STEEL, by=15), corner=3),
            rect(-8, -length - 2, 16, 12, STEEL, corner=3),
            turn=turn,
        )
        for turn, length in (
            (-58, grain.between("a", 84, 112)),
            (-31, grain.between("b", 100, 128)),
            (-4, grain.between("c", 84, 112)),
        )
    )
    other = "".join(
        moved(88, 0, rect(-5, -length, 10, length, STEEL, corner=2), turn=turn)
        for turn, length in ((18, grain.between("d", 80, 104)), (52, grain.between("e", 90, 110)))
    )
    return moved(
        200,
        226,
        cast("M-110 -24H110V34H-110Z"),
        tools,
        other,
        rect(-114, -26, 228, 54, look.palette.body, corner=26),
        rect(-114, 4, 228, 24, SHADE, corner=12, opacity=14),
        rect(-60, -8, 120, 16, lighter(look.palette.body, by=35), corner=8),
        circle(-88, 0, 13, BRASS),
        circle(88, 0, 13, BRASS),
        stroke("M-94 0h12M82 0h12", darker(BRASS, by=40), 4),
        turn=grain.between("turn", -24, -8),
    )


def tent(look: Look) -> str:
    fly = look.grain.pick("fly", ("#6f7f4f", "#c99435", look.palette.body, look.palette.accent))
    peak = look.grain.between("peak", 184, 216)
    pegs = stroke("M62 318L34 326M338 318L366 326", look.palette.ink, 3)
    return (
        circle(326, 88, 24, FLAME, opacity=70)
        + sprig(66, 314, height=150, lean=6, fill=darker(MOSS))
        + sprig(340, 312, height=110, lean=-6, fill=MOSS)
        + shadow(138)
        + shape(f"M60 320Q130 200 {peak} 142Q280 200 340 320Z", fly)
        + shape(f"M{peak} 142Q280 200 340 320H262Q246 220 {peak} 142Z", SHADE, opacity=15)
        + shape(f"M{peak} 150Q150 230 138 320H246Q238 220 {peak} 150Z", "#38322b")
        + shape(f"M{peak} 150Q150 230 138 320H166Q{peak - 30} 240 {peak} 150Z", lighter(fly, by=30))
        + stroke(f"M60 320Q130 200 {peak} 142Q280 200 340 320", lighter(fly, by=20), 4)
        + pegs
    )


def flask(look: Look) -> str:
    colours = look.palette
    paint = look.grain.pick("paint", ("#2f5b4a", "#e8dcc2", colours.body, colours.accent))
    top = look.grain.between("top", 150, 172)
    return (
        shadow(64)
        + turned(top=top, bottom=312, mouth=48, foot=50, fill=paint)
        + turned(top=300, bottom=314, mouth=50, foot=48, fill=STEEL)
        + turned(top=top - 18, bottom=top + 4, mouth=34, foot=48, fill=darker(STEEL, by=10))
        + turned(top=top - 62, bottom=top - 14, mouth=34, foot=37, fill=STEEL)
        + ellipse(200, top - 62, 34, 6, lighter(STEEL))
        + stroke(f"M153 {top + 40}Q200 {top + 56} 247 {top + 40}", lighter(paint, by=45), 6)
        + turned(top=272, bottom=314, mouth=32, foot=26, fill=STEEL, x=300)
        + opening(y=272, wide=32, fill=STEEL, inside="#8a4b22", x=300)
        + stroke("M296 254q-10 -14 0 -26t0 -26", WHITE, 6, opacity=60)
    )


def lantern(look: Look) -> str:
    paint = look.grain.pick("paint", ("#3f5e48", "#a8433c", look.palette.body))
    bulge = look.grain.between("bulge", 14, 30)
    return (
        circle(200, 214, 116, FLAME, opacity=14)
        + shadow(78)
        + stroke("M126 210C110 60 290 60 274 210", darker(STEEL, by=15), 5)
        + stroke("M136 288C104 250 110 160 150 142M264 288C296 250 290 160 250 142", paint, 9)
        + turned(top=176, bottom=264, mouth=36, foot=44, fill="#fff1c9", bulge=bulge, opacity=80)
        + shape("M200 196Q222 226 200 252Q178 226 200 196Z", FLAME)
        + ellipse(200, 236, 7, 13, WHITE, opacity=80)
        + turned(top=146, bottom=178, mouth=30, foot=42, fill=paint)
        + turned(top=124, bottom=148, mouth=22, foot=22, fill=darker(paint))
        + ellipse(200, 122, 30, 8, paint)
        + turned(top=262, bottom=282, mouth=46, foot=50, fill=darker(paint))
        + turned(top=282, bottom=312, mouth=70, foot=74, fill=paint)
        + circle(258, 296, 9, BRASS)
    )


def stove(look: Look) -> str:
    lick = look.grain.between("lick", 16, 34)
    holes = "".join(circle(x, y, 8, FLAME) for y in (236, 262) for x in (154, 184, 214, 244))
    return (
        shadow(84)
        + moved(
            200,
            292,
            stroke("M-104 22L-40 8", look.palette.wood, 11),
            stroke("M-96 6L-46 16", darker(look.palette.wood), 9),
        )
        + shape(
            f"M150 206Q140 {166 - lick} 174 {150 - lick}"
            f"Q176 178 200 {134 - lick}Q214 176 232 {156 - lick}Q258 180 250 206Z",
            "#e2783a",
        )
        + shape(f"M168 206Q166 {186 - lick // 2} 198 {166 - lick // 2}Q232 186 230 206Z", FLAME)
        + shape("M132 204H268L278 318H122Z", STEEL)
        + shape("M230 204H268L278 318H236Z", SHADE, opacity=18)
        + stroke("M132 204l12 -16l16 16l20 -16l20 16l20 -16l20 16l16 -16l12 16", darker(STEEL), 5)
        + holes
        + shape("M166 318Q166 282 200 282Q234 282 234 318Z", darker(IRON, by=35))
        + shape("M180 318Q184 300 200 292Q216 300 220 318Z", "#e2783a")
    )


STANDING: Motifs = {
    "bell": bell,
    "saddle": saddle,
    "lamp": bike_lamp,
    "pannier": pannier,
    "tent": tent,
    "flask": flask,
    "lantern": lantern,
    "stove": stove,
}
LYING: Motifs = {"multitool": multitool}
