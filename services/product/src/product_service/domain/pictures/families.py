"""Which motif a product gets: its category chooses the family, a word of its slug the member."""

from collections.abc import Mapping
from dataclasses import dataclass

from product_service.domain.pictures import kitchen
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

FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("kitchen", "pots-pans", "knives-boards", "tableware"), KITCHEN),
}
"""By category."""


def drawing(grain: Grain, category: str) -> Drawing:
    """By the last word that the family knows; one of the family if it knows none; a parcel without a family."""
    family = FAMILIES.get(category)
    if family is None:
        return PARCEL
    known = [family[word] for word in grain.slug.split("-") if word in family]
    return known[-1] if known else grain.pick("motif", tuple(family.values()))
