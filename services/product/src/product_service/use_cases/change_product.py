"""Change what the shop says about a product."""

from dataclasses import dataclass
from uuid import UUID

from product_service.domain.product import Change, Product, ProductNotFound, UnknownCategory
from product_service.ports import Catalogue


@dataclass(frozen=True, slots=True)
class ChangeProduct:
    """Raises ProductNotFound, ProductArchived, ProductChanged, UnknownCategory, SkuTaken, TooManyVariants."""

    catalogue: Catalogue

    async def __call__(self, product_id: UUID, change: Change, *, seen_version: int) -> Product:
        async with self.catalogue.transaction() as tx:
            product = await tx.lock(product_id)
            if product is None:
                raise ProductNotFound
            changed = product.changed(change, seen_version=seen_version)
            if not await tx.has_category(changed.category):
                raise UnknownCategory(changed.category)
            await tx.save(changed)
        return changed
