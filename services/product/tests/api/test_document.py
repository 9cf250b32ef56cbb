"""What the doors refuse for its form, the document calls wrong, too; what they take, it calls good."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from product_service.domain.product import CURRENCIES

from .test_staff import POT, PRICES, PRODUCTS, STOCK, a_key, pot, staff

__all__ = ["pot", "staff"]

WITHOUT_YEN = {name: PRICES[name] for name in CURRENCIES if name != "JPY"}
POTS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"name": " Pot "}, True),
    ({"name": "  "}, False),
    ({"description": "\t"}, False),
    ({"tags": [" "]}, False),
    ({"attributes": {" ": "steel"}}, False),
    ({"attributes": {"x" * 61: "steel"}}, False),
    ({"variants": [{"sku": "POT-L", "prices": WITHOUT_YEN}]}, False),
    ({"variants": [{"sku": "POT-L", "prices": PRICES, "options": {"\u0000": "x"}}]}, False),
]
CHANGES: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"name": None, "tags": None}, False),
    ({"variants": []}, False),
    ({"tags": []}, True),
    ({"name": "Greater pot", "brand": None}, True),
    ({"variants": [{"sku": "POT-S", "prices": PRICES}]}, True),
]


def good(client: Any, name: str, body: Any) -> bool:
    document = client._transport.app.openapi()
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", **document}).is_valid(body)


@pytest.mark.parametrize(("changed", "fine"), POTS)
async def test_what_a_new_product_must_say(staff: Any, changed: dict[str, Any], fine: bool) -> None:
    answer = await staff.post(PRODUCTS, json={**POT, **changed})

    assert answer.status_code == (201 if fine else 422), answer.text
    assert good(staff, "NewProduct", {**POT, **changed}) == fine


@pytest.mark.parametrize(("change", "fine"), CHANGES)
async def test_what_changes_something(staff: Any, pot: Any, change: dict[str, Any], fine: bool) -> None:
    answer = await staff.patch(f"{PRODUCTS}/{pot['id']}", json={"version": 1, **change})

    assert answer.status_code == (200 if fine else 422), answer.text
    assert good(staff, "ProductChange", {"version": 1, **change}) == fine


@pytest.mark.parametrize(("quantity", "fine"), [(1, True), (0, False)])
async def test_an_adjustment_by_nothing_is_none(staff: Any, pot: Any, quantity: int, fine: bool) -> None:
    body = {"kind": "adjust", "quantity": quantity, "reason": "counted"}

    answer = await staff.post(f"{STOCK}/POT-L/adjustments", json=body, headers=a_key())

    assert answer.status_code == (201 if fine else 422), answer.text
    assert good(staff, "Adjustment", body) == fine
