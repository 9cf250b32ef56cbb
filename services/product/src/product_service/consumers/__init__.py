"""What product listens to: the commands of the saga that are about stock, and the end of sessions."""

from functools import partial

from chassis.consuming import Listener
from contracts.product import CommitStock, ReleaseStock, ReserveStock, ReturnStock
from contracts.user import SessionsRevoked

from product_service.consumers.on_commit_stock import on_commit_stock
from product_service.consumers.on_release_stock import on_release_stock
from product_service.consumers.on_reserve_stock import on_reserve_stock
from product_service.consumers.on_return_stock import on_return_stock
from product_service.consumers.on_sessions_revoked import on_sessions_revoked
from product_service.wiring import ProductService


def listeners(service: ProductService) -> list[Listener]:
    """Each message this service hears, with its consumer."""
    return [
        Listener(ReserveStock, partial(on_reserve_stock, service)),
        Listener(CommitStock, partial(on_commit_stock, service)),
        Listener(ReleaseStock, partial(on_release_stock, service)),
        Listener(ReturnStock, partial(on_return_stock, service)),
        Listener(SessionsRevoked, partial(on_sessions_revoked, service)),
    ]
