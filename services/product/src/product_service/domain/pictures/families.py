"""Which motif a product gets: its category chooses the family, a word of its slug the member."""

from collections.abc import Mapping
from dataclasses import dataclass

from product_service.domain.pictures import (
    bags,
    coffee,
    garden,
    home,
    kitchen,
    light_sound,
    outdoors,
    paper,
    toys,
    workshop,
)
from product_service.domain.pictures.grain import Grain
from product_service.domain.pictures.parcel import parcel
from product_service.domain.pictures.shapes import Motif, Motifs


@dataclass(frozen=True, slots=True)
class Drawing:
    motif: Motif
    lies: bool
    """Seen from above, on a cloth; otherwise it stands on a table."""


PARCEL = Drawing(parcel, lies=False)

type Family = Mapping[str, Drawing]


def _family(*, standing: Motifs, lying: Motifs) -> Family:
    return {word: Drawing(motif, lies=word in lying) for word, motif in {**standing, **lying}.items()}


KITCHEN = _family(standing=kitchen.STANDING, lying=kitchen.LYING)
COFFEE = _family(standing=coffee.STANDING, lying=coffee.LYING)
PAPER = _family(standing=paper.STANDING, lying=paper.LYING)
HOME = _family(standing=home.STANDING, lying=home.LYING)
GARDEN = _family(standing=garden.STANDING, lying=garden.LYING)
OUTDOORS = _family(standing=outdoors.STANDING, lying=outdoors.LYING)
WORKSHOP = _family(standing=workshop.STANDING, lying={**workshop.LYING, **paper.DESK})
LIGHT_SOUND = _family(standing=light_sound.STANDING, lying=light_sound.LYING)
TOYS = _family(standing=toys.STANDING, lying=toys.LYING)
BAGS = _family(standing=bags.STANDING, lying=bags.LYING)

FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("kitchen", "pots-pans", "knives-boards", "tableware"), KITCHEN),
    **dict.fromkeys(("coffee-tea", "beans-leaves", "brewing", "cups-mugs"), COFFEE),
    **dict.fromkeys(("books-paper", "books", "notebooks", "pens-ink"), PAPER),
    **dict.fromkeys(("home", "throws-linen", "candles-soap", "baskets-vases"), HOME),
    **dict.fromkeys(("garden", "garden-tools", "pots-planters", "seeds-birds"), GARDEN),
    **dict.fromkeys(("bikes-outdoors", "bike-parts", "camping"), OUTDOORS),
    **dict.fromkeys(("desk-workshop", "desk", "hand-tools", "mending"), WORKSHOP),
    **dict.fromkeys(("light-sound", "lamps", "bulbs-cables", "audio"), LIGHT_SOUND),
    **dict.fromkeys(("toys", "wooden-toys", "soft-toys", "games-puzzles"), TOYS),
    **dict.fromkeys(("bags-travel", "bags", "small-leather", "on-the-road"), BAGS),
}
"""By category."""


def drawing(grain: Grain, category: str) -> Drawing:
    """By the last word that the family knows; one of the family if it knows none; a parcel without a family."""
    family = FAMILIES.get(category)
    if family is None:
        return PARCEL
    known = [family[word] for word in grain.slug.split("-") if word in family]
    return known[-1] if known else grain.pick("motif", tuple(family.values()))
