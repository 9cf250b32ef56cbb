"""One generated request: made more likely to meet something, sent, and its answer held to the document."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import requests
from schemathesis import Case, CheckContext, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.schema.people import Identity, Things


def good_data_is_read(_ctx: CheckContext, answer: Response, case: Case) -> None:
    """What the document calls good may be refused for what it says, but not for its form."""
    good = case.meta is not None and case.meta.generation.mode is GenerationMode.POSITIVE
    problem = answer.json() if good and answer.status_code in {400, 422} else {"type": ""}
    if problem["type"].rpartition(":")[2] in UNREAD:
        said = [each["message"] for each in problem.get("errors", [{"message": problem["detail"]}])]
        assert BEYOND_SCHEMAS.issuperset(said), f"good by the document, but refused: {said}"


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
    good_data_is_read,
]
BEYOND_SCHEMAS = {"Value error, a kind is named twice", "Value error, a SKU is named twice"}
"""Rules of form for which JSON Schema has no words."""
UNREAD = {"bad_request", "malformed_json", "invalid_request"}
ANSWER_SECONDS = 20
ENDS_A_SESSION = "/api/v1/sessions"


@dataclass
class Door:
    """Where to knock, and how often whom was answered what, by operation, name and status."""

    url: str
    session: requests.Session
    answered: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def opened(self, label: str) -> bool:
        """Did anybody come in there?"""
        return any(asked == label and status < 300 for asked, _, status in self.answered)

    def knock(self, case: Case, who: Identity) -> None:
        """Raises FailureGroup when the answer is not one that the document declares."""
        answer = case.call(base_url=self.url, session=self.session, headers=who.headers, timeout=ANSWER_SECONDS)
        self.answered[case.operation.label, who.name, answer.status_code] += 1
        if case.method == "DELETE" and case.path.startswith(ENDS_A_SESSION) and answer.status_code == 204:
            who.come_back()
        case.validate_response(answer, checks=CHECKS, headers=who.headers)


def plant(case: Case, things: Things, dice: Random) -> None:
    """Put the names of things that exist where a name is good in form, but would be found nowhere."""
    here = {**things, **{name.removeprefix(f"{case.path} "): found for name, found in things.items()}}
    if case.path_parameters and not _is_wrong(case, ParameterLocation.PATH):
        case.path_parameters = _with(case.path_parameters, here, dice)
    if case.query and not _is_wrong(case, ParameterLocation.QUERY):
        case.query = _with(case.query, here, dice)
    if isinstance(case.body, dict):
        wrong = _is_wrong(case, ParameterLocation.BODY)
        case.body = _as_read(case.body if wrong else _with(case.body, here, dice))


def _as_read(value: Any) -> Any:
    """JSON Schema takes 1.0 for an integer, we do not; we trim texts before they are measured, it does not."""
    match value:
        case float() if value.is_integer():
            return int(value)
        case str():
            return value.strip()
        case dict():
            return {name: _as_read(each) for name, each in value.items()}
        case list():
            return [_as_read(each) for each in value]
        case _:
            return value


def _is_wrong(case: Case, location: ParameterLocation) -> bool:
    return case.meta is not None and case.meta.is_negative_at(location)


def _with(given: Mapping[str, Any], things: Things, dice: Random) -> dict[str, Any]:
    return {name: dice.choice(things[name]) if name in things else value for name, value in given.items()}
