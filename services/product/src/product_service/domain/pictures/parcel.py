"""What we have no picture for comes in a parcel."""

from product_service.domain.pictures.canvas import rect, shape, stroke
from product_service.domain.pictures.palette import PAPER, SHADE, darker
from product_service.domain.pictures.shapes import Look, shadow


def parcel(look: Look) -> str:
    colours, grain = look.palette, look.grain
    left, top = grain.between("left", 100, 125), grain.between("top", 165, 195)
    width, string = 400 - 2 * left, grain.between("string", 200, 245)
    card = "#c9a57c"
    bow = f"M{string} {top}C{string - 50} {top - 45} {string - 45} {top + 5} {string} {top}"
    loop = f"C{string + 45} {top + 5} {string + 50} {top - 45} {string} {top}"
    return (
        shadow(width * 5 // 8)
        + rect(left, top, width, 320 - top, card, corner=3)
        + shape(f"M{left} {top}L{left + 14} {top - 16}H{left + width - 14}L{left + width} {top}Z", darker(card, by=10))
        + rect(left + width * 3 // 4, top, width // 4, 320 - top, SHADE, opacity=10)
        + rect(left + 16, 270, 62, 34, PAPER, corner=3)
        + stroke(f"M{left + 26} 281H{left + 66}M{left + 26} 292H{left + 54}", colours.ink, 3, opacity=50)
        + stroke(f"M{string} {top - 15}V319M{left + 1} {top + 40}H{left + width - 1}", colours.body, 5)
        + stroke(bow + loop, colours.body, 5)
    )
