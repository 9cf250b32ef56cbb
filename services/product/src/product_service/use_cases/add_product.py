"""Put a new product into the shop."""

from dataclasses import dataclass

from product_service.domain.product import Product, UnknownCategory
from product_service.ports import Catalogue


@dataclass(frozen=True, slots=True)
class AddProduct:
    """With nothing in stock: that comes by an adjustment. Raises UnknownCategory, SlugTaken, SkuTaken."""

    catalogue: Catalogue

    async def __call__(self, product: Product) -> Product:
        async with self.catalogue.transaction() as tx:
            if not await tx.has_category(product.category):
                raise UnknownCategory(product.category)
            await tx.add(product, initial={})
        return product
