"""Take a product out of the shop for good."""

from dataclasses import dataclass
from uuid import UUID

from product_service.domain.product import Product, ProductNotFound
from product_service.ports import Catalogue


@dataclass(frozen=True, slots=True)
class ArchiveProduct:
    """It can be neither found nor bought any more; holds, stock and ledger stay. Raises ProductNotFound."""

    catalogue: Catalogue

    async def __call__(self, product_id: UUID) -> Product:
        async with self.catalogue.transaction() as tx:
            product = await tx.lock(product_id)
            if product is None:
                raise ProductNotFound
            retired = product.retired()
            if retired != product:
                await tx.save(retired)
        return retired
