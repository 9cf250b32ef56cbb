"""Coffee, tea, and what they are made and drunk in."""

from product_service.domain.pictures.canvas import circle, ellipse, moved, rect, shape, stroke
from product_service.domain.pictures.palette import COFFEE, IRON, PAPER, SHADE, STEEL, WHITE, darker, lighter
from product_service.domain.pictures.shapes import Look, Motifs, leaf, opening, shadow, sprig, turned

GLAZES = ("#8d9694", "#e6d9c0", "#7f8d68", "#39465a")


def coffee(look: Look) -> str:
    colours, grain = look.palette, look.grain
    label = grain.pick("label", (WHITE, PAPER, lighter(colours.accent, by=60)))
    ring = grain.between("ring", 20, 32)
    beans = "".join(
        moved(x, y, ellipse(0, 0, 13, 9, COFFEE), stroke("M-11 0Q0 -5 11 0", darker(COFFEE, by=40), 2), turn=turn)
        for x, y, turn in ((296, 312, 20), (322, 304, -30), (312, 324, 5), (92, 316, -15))
    )
    return (
        shadow(88)
        + shape("M134 138H266L284 318H116Z", colours.body)
        + shape("M226 138H266L284 318H238Z", SHADE, opacity=14)
        + stroke("M150 172L140 296", WHITE, 5, opacity=30)
        + rect(130, 122, 140, 24, darker(colours.body), corner=3)
        + stroke("M126 134H274", colours.accent, 7)
        + rect(150, 196, 100, 90, label, corner=4)
        + circle(200, 232, ring, colours.accent)
        + moved(200, 232, ellipse(0, 0, 14, 10, COFFEE), stroke("M-12 0Q0 -6 12 0", label, 2), turn=-35)
        + stroke("M166 274H234", colours.ink, 4, opacity=60)
        + beans
    )


def tea(look: Look) -> str:
    colours, grain = look.palette, look.grain
    top = grain.between("top", 158, 180)
    return (
        shadow(78)
        + turned(top=top + 14, bottom=310, mouth=66, foot=66, fill=colours.body)
        + turned(
            top=top + 60,
            bottom=top + 124,
            mouth=66,
            foot=66,
            fill=grain.pick("band", (PAPER, lighter(colours.accent, by=45))),
        )
        + turned(top=top, bottom=top + 26, mouth=70, foot=70, fill=darker(colours.body))
        + ellipse(200, top, 70, 12, lighter(colours.body, by=15))
        + sprig(200, top + 128, height=50, lean=grain.between("lean", -8, 8), fill=colours.accent)
        + leaf(300, 322, 34, 10)
        + leaf(318, 318, 30, -6)
        + leaf(84, 322, 30, 8)
    )


def grinder(look: Look) -> str:
    colours = look.palette
    metal = look.grain.pick("metal", (STEEL, IRON, colours.body))
    knob = look.grain.between("knob", 282, 304)
    return (
        shadow(52)
        + turned(top=160, bottom=310, mouth=42, foot=44, fill=metal)
        + turned(top=222, bottom=272, mouth=43, foot=43, fill=colours.leather)
        + turned(top=140, bottom=164, mouth=38, foot=42, fill=darker(metal))
        + ellipse(200, 140, 38, 7, lighter(metal))
        + stroke(f"M200 134V122L{knob} 112", darker(STEEL), 9)
        + rect(knob - 13, 70, 26, 42, colours.wood, corner=11)
        + "".join(ellipse(x, y, 11, 8, COFFEE) for x, y in ((290, 316), (312, 308), (110, 318)))
    )


def dripper(look: Look) -> str:
    glaze = look.grain.pick("glaze", (WHITE, "#b4603c", look.palette.body))
    level = look.grain.between("level", 262, 284)
    ribs = stroke("M148 148L178 206M176 152L190 210M224 152L210 210", darker(glaze, by=14), 4)
    return (
        shadow(80)
        + turned(top=236, bottom=312, mouth=46, foot=70, fill=WHITE, bulge=16, opacity=55)
        + turned(top=level, bottom=308, mouth=62, foot=66, fill=COFFEE, bulge=6, opacity=85)
        + stroke("M272 252C308 250 308 300 270 300", WHITE, 9, opacity=75)
        + stroke("M262 160C310 152 306 206 246 206", glaze, 12)
        + turned(top=140, bottom=222, mouth=78, foot=30, fill=glaze)
        + ribs
        + opening(y=140, wide=78, fill=glaze, inside=PAPER)
        + ellipse(200, 142, 52, 6, COFFEE)
        + ellipse(200, 228, 62, 10, darker(glaze, by=8))
        + ellipse(200, 225, 60, 8, glaze)
    )


def kettle(look: Look) -> str:
    colours = look.palette
    body = look.grain.pick("finish", (STEEL, colours.body, IRON))
    reach = look.grain.between("reach", 318, 336)
    return (
        shadow(100)
        + stroke(f"M262 296C330 300 296 206 {reach} 186L{reach + 14} 192", darker(body, by=12), 13)
        + stroke("M136 222C62 196 62 296 112 300", colours.wood, 15)
        + turned(top=212, bottom=312, mouth=66, foot=92, fill=body)
        + shape("M134 212Q140 182 200 180Q260 182 266 212Q200 228 134 212Z", lighter(body, by=12))
        + circle(200, 172, 11, colours.wood)
        + stroke("M134 213Q200 229 266 213", darker(body, by=30), 4)
    )


def teapot(look: Look) -> str:
    glaze = look.grain.pick("glaze", (*GLAZES, look.palette.body))
    bulge = look.grain.between("bulge", 60, 84)
    return (
        shadow(96)
        + stroke("M280 270C312 262 306 228 332 216", glaze, 22)
        + stroke("M122 232C58 216 62 300 126 290", darker(glaze, by=14), 14)
        + turned(top=206, bottom=310, mouth=52, foot=54, fill=glaze, bulge=bulge)
        + shape("M146 206Q152 180 200 178Q248 180 254 206Q200 222 146 206Z", lighter(glaze, by=14))
        + stroke("M146 207Q200 223 254 207", darker(glaze, by=25), 4)
        + circle(200, 170, 12, darker(glaze, by=14))
    )


def mug(look: Look) -> str:
    colours, grain = look.palette, look.grain
    glaze = grain.pick("glaze", (*GLAZES, colours.body, colours.accent, "#f1ece0"))
    top, mouth, foot = grain.between("top", 190, 222), grain.between("mouth", 62, 74), grain.between("foot", 54, 72)
    drink = grain.pick("drink", (COFFEE, "#7a3f1d", "#c9a06c"))
    handle = f"M{194 + mouth} {top + 26}C{260 + mouth} {top + 10} {250 + mouth} 300 {192 + foot} 288"
    return (
        shadow(mouth + 22)
        + stroke(handle, darker(glaze, by=14), 15)
        + turned(top=top, bottom=310, mouth=mouth, foot=foot, fill=glaze)
        + grain.pick("finish", (_dipped, _speckled, _banded))(look, top, mouth, glaze)
        + opening(y=top, wide=mouth, fill=glaze, inside=drink)
        + stroke(f"M178 {top - 26}q-14 -18 0 -36t0 -36M218 {top - 22}q-14 -18 0 -36t0 -32", WHITE, 7, opacity=60)
    )


def _dipped(look: Look, top: int, mouth: int, glaze: str) -> str:
    deep = look.grain.between("dip", 30, 52)
    return turned(top=top, bottom=top + deep, mouth=mouth, foot=mouth - 1, fill=lighter(glaze, by=40))


def _speckled(look: Look, top: int, mouth: int, glaze: str) -> str:
    return "".join(
        circle(
            look.grain.between(f"speck x{n}", 212 - mouth, 188 + mouth),
            look.grain.between(f"speck y{n}", top + 24, 300),
            2 + n % 2,
            darker(glaze, by=45),
            opacity=50,
        )
        for n in range(16)
    )


def _banded(look: Look, top: int, mouth: int, glaze: str) -> str:
    width = mouth - 6
    y = top + look.grain.between("band", 34, 60)
    bend = f"M{200 - width} {y}Q200 {y + 22} {200 + width} {y}"
    return stroke(bend, look.palette.accent if look.palette.accent != glaze else WHITE, 9)


STANDING: Motifs = {
    "coffee": coffee,
    "tea": tea,
    "grinder": grinder,
    "dripper": dripper,
    "kettle": kettle,
    "teapot": teapot,
    "mug": mug,
}
LYING: Motifs = {}
