import inspect

import pytest
from product_service import ports
from product_service.api.refusals import REFUSALS
from product_service.domain import hold, product, search, stock

WITHOUT_A_DOOR = {hold.NothingToCommit, stock.NothingToReturn}
"""Refusals of commands: retried, and never answered over HTTP."""


@pytest.mark.parametrize("module", [hold, product, search, stock, ports])
def test_every_refusal_has_a_status(module) -> None:
    found = {
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == module.__name__
    }

    assert found - WITHOUT_A_DOOR <= set(REFUSALS)
