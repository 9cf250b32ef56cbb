"""Fill an empty shop with its first goods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from product_service.domain.product import Category, Product, SkuTaken, SlugTaken
from product_service.ports import Catalogue


@dataclass(frozen=True, slots=True)
class FillShop:
    """Add the goods that are not there yet, each in its own transaction; how many. Safe to repeat and to interrupt."""

    catalogue: Catalogue
    categories: Sequence[Category]
    goods: Sequence[tuple[Product, Mapping[str, int]]]

    async def __call__(self) -> int:
        async with self.catalogue.transaction() as tx:
            for category in self.categories:
                if not await tx.has_category(category.slug):
                    await tx.put_category(category)
        return sum([await self._add(product, initial) for product, initial in self.goods])

    async def _add(self, product: Product, initial: Mapping[str, int]) -> bool:
        try:
            async with self.catalogue.transaction() as tx:
                await tx.add(product, initial=initial)
        except (SlugTaken, SkuTaken):
            return False
        return True
