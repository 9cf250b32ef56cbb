import inspect

import pytest
from payment_service import ports
from payment_service.api.refusals import REFUSALS
from payment_service.domain import payment, refund, webhook
from payment_service.use_cases import payment_methods

NO_DOOR = {payment.PaymentUnknown, payment.Surprise, refund.RefundRefused, ports.AnotherPaymentLives}
"""Of commands and of the provider's word: retried, or shown to a person, never answered over HTTP."""
THE_PROVIDERS = {ports.OutcomeUnknown, ports.TryAgainLater, ports.Declined, ports.Refused}
"""Translated by the use case that called."""


@pytest.mark.parametrize("module", [payment, refund, webhook, ports, payment_methods])
def test_every_refusal_has_a_status(module) -> None:
    found = {
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == module.__name__
    }

    assert found - NO_DOOR - THE_PROVIDERS <= set(REFUSALS)
