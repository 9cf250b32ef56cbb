"""Paper and pencils: SVG elements as text, in whole units on a sheet of 400 by 400."""

from collections.abc import Iterable
from html import escape

SIZE = 400
CENTRE = 200
TABLE = 292
"""Where the wall meets the table."""
FLOOR = 320
"""Where things on the table stand."""
XMLNS = 'xmlns="http://www.w3.org/2000/svg"'
PAPER_AND_PENCIL = f'viewBox="0 0 {SIZE} {SIZE}" stroke-linecap="round" stroke-linejoin="round"'


def sheet(title: str, *parts: str) -> str:
    """The whole picture; the title is for those who listen to it."""
    return f'<svg {XMLNS} {PAPER_AND_PENCIL} role="img"><title>{escape(title)}</title>{"".join(parts)}</svg>'


def sticker(name: str, title: str, *parts: str) -> str:
    """The picture as a symbol. Its parts need no names, so they collide with nobody's."""
    return f'<symbol id="{escape(name)}" {PAPER_AND_PENCIL}><title>{escape(title)}</title>{"".join(parts)}</symbol>'


def folder(stickers: Iterable[str]) -> str:
    return f"<svg {XMLNS}>{''.join(stickers)}</svg>"


def shape(d: str, fill: str, *, opacity: int = 100) -> str:
    """A filled path. Opacity is in per cent."""
    return f'<path d="{d}" fill="{fill}"{_see_through(opacity)}/>'


def stroke(d: str, colour: str, width: int, *, opacity: int = 100) -> str:
    """A line. Its ends are round, as the sheet says for all of them."""
    return f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}"{_see_through(opacity)}/>'


def rect(x: int, y: int, width: int, height: int, fill: str, *, corner: int = 0, opacity: int = 100) -> str:
    rounded = f' rx="{corner}"' if corner else ""
    place = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    return f'<rect {place}{rounded} fill="{fill}"{_see_through(opacity)}/>'


def ellipse(x: int, y: int, wide: int, high: int, fill: str, *, opacity: int = 100) -> str:
    """Around (x, y), `wide` and `high` to either side."""
    return f'<ellipse cx="{x}" cy="{y}" rx="{wide}" ry="{high}" fill="{fill}"{_see_through(opacity)}/>'


def circle(x: int, y: int, radius: int, fill: str, *, opacity: int = 100) -> str:
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}"{_see_through(opacity)}/>'


def moved(x: int, y: int, *parts: str, turn: int = 0) -> str:
    """Parts that were drawn around (0, 0), put down at (x, y) and turned by degrees."""
    turned = f" rotate({turn})" if turn else ""
    return f'<g transform="translate({x} {y}){turned}">{"".join(parts)}</g>'


def _see_through(opacity: int) -> str:
    return "" if opacity == 100 else f' opacity=".{opacity:02d}"'
