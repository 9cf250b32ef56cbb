"""Whatever is asked through the real gateway, by whomever: the answer is one that the public document declares."""

import json
import os
from random import Random

import hypothesis
import pytest
import schemathesis
from demo.routes import CHECKOUT
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from tests.schema.knocking import Door, plant
from tests.schema.people import Identity

DOCUMENT = schemathesis.openapi.from_dict(json.loads((CHECKOUT / "gateway" / "openapi.json").read_text()))
DOCUMENT.config.generation.update(with_security_parameters=False)
DOCUMENT.config.max_stream_events = 1
EXAMPLES = int(os.environ.get("MERCATO_EXAMPLES") or 50)
LAST = ("put", "patch", "delete")
"""What is changed was bought before, and what is taken away was looked at before."""
OPERATIONS = {
    each.label: each
    for each in sorted(
        (found.ok() for found in DOCUMENT.get_all_operations()),
        key=lambda each: LAST.index(each.method) if each.method in LAST else -1,
    )
}
NEVER_OPENED = {
    "POST /api/v1/users/verification": "takes a token that was mailed",
    "POST /api/v1/users/password-resets/confirm": "takes a token that was mailed",
    "POST /api/v1/me/password": "would keep the customer from coming back",
    "POST /api/v1/webhooks/psp": "takes the provider's signature",
}
"""Where it stays at refusals, and why; the journeys come in."""


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_declared(label: str, identities: list[Identity], door: Door, seed: int) -> None:
    operation, shown = OPERATIONS[label], 0
    for identity in identities:
        identity.stay()
    modes = [operation.as_strategy(generation_mode=each) for each in GenerationMode]

    @hypothesis.seed(seed)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(case=st.one_of(modes), dice=st.randoms(), again=st.integers())
    def knock(case: Case, dice: Random, again: int) -> None:
        """`again`: where there is nothing to choose, the same question is asked as often as the others."""
        nonlocal shown
        shown += 1
        for identity in identities:
            own = case.derive()
            plant(own, identity.things, dice)
            door.knock(own, identity)

    knock()

    print(f"seed {seed}, {shown} examples")
    assert shown >= EXAMPLES
    assert label in NEVER_OPENED or door.opened(label)


@pytest.mark.parametrize("label", OPERATIONS)
def test_what_a_bad_token_gets_is_declared(label: str, identities: list[Identity], door: Door, seed: int) -> None:
    customer = next(each for each in identities if each.name == "customer")
    forger = Identity("forger", customer.belongings, customer.forge)

    @hypothesis.seed(seed)
    @settings(max_examples=1, database=None, deadline=None, phases=[Phase.generate])
    @given(case=OPERATIONS[label].as_strategy(), dice=st.randoms())
    def knock(case: Case, dice: Random) -> None:
        plant(case, forger.things, dice)
        door.knock(case, forger)

    knock()
