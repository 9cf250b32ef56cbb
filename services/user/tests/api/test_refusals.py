import inspect

import pytest
from user_service import ports
from user_service.api.refusals import REFUSALS
from user_service.domain import email, passwords, session, user

FIELD_ERRORS = {email.InvalidEmail}
"""Raised where a field is read: the door names the field."""


@pytest.mark.parametrize("module", [email, passwords, session, user, ports])
def test_every_refusal_has_a_status(module) -> None:
    found = {
        each
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == module.__name__
    }

    assert found - FIELD_ERRORS <= set(REFUSALS)
