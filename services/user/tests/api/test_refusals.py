"""No refusal that has no status."""

import importlib
import inspect
import pkgutil

import user_service
from user_service.api.refusals import REFUSALS
from user_service.domain.email import InvalidEmail
from user_service.domain.signing_keys import KeyRefused, TooEarly
from user_service.use_cases.bootstrap_admin import AdminExists, EmailTaken

ELSEWHERE = {InvalidEmail, AdminExists, EmailTaken, KeyRefused, TooEarly}
"""Raised where a field is read, whose door names the field; and on the command line."""


def test_every_refusal_has_a_status() -> None:
    modules = [
        importlib.import_module(each.name)
        for each in pkgutil.walk_packages(user_service.__path__, "user_service.")
        if each.name.split(".")[1] in {"domain", "ports", "use_cases"}
    ]
    found = {
        each
        for module in modules
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and each.__module__ == module.__name__
    }

    assert len(modules) > 10
    assert found - ELSEWHERE == set(REFUSALS)
