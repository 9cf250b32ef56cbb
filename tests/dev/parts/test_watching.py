"""A change restarts those whom it concerns."""

import pytest
from dev.processes import CHECKOUT
from dev.watching import ROUTES, concerned

NAMES = [
    *(f"{service}-{room}" for service in ("user", "product", "order") for room in ("api-1", "api-2", "worker")),
    *("storefront-1", "storefront-2"),
    *("psp", "mail", "phone", "door", "gateway", "neighbours"),
]


@pytest.mark.parametrize(
    ("changed", "restarted"),
    [
        ("services/order/src/order_service/domain/order.py", {"order-api-1", "order-api-2", "order-worker"}),
        ("libs/chassis/src/chassis/app.py", {name for name in NAMES if "-" in name}),
        ("libs/contracts/src/contracts/order.py", {name for name in NAMES if "-" in name}),
        ("simulators/src/simulators/psp/app.py", {"psp", "mail", "phone", "door"}),
        ("storefront/src/storefront/pages/home.py", {"storefront-1", "storefront-2"}),
        ("storefront/src/storefront/templates/home.html", {"storefront-1", "storefront-2"}),
        ("storefront/src/storefront/static/shop.css", {"storefront-1", "storefront-2"}),
        ("gateway/routes.yaml", set()),
        ("services/order/tests/conftest.py", set()),
    ],
)
def test_a_changed_file_concerns(changed: str, restarted: set[str]) -> None:
    assert concerned([CHECKOUT / changed], NAMES) == restarted


def test_the_route_table_is_where_it_is_looked_for() -> None:
    assert ROUTES.exists()
