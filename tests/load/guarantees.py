"""What the shop promises and pays for, one at a time: how it is taken away, where it is felt, which test then fails.

Nothing of it can be switched off in the shop: a patch takes it away from a copy of the source, for measuring only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.register import CHASSIS, MUTANTS, SCAR, patch_of

PATCHES = Path(__file__).with_name("prices")
CHECKOUT, LOGIN, PROFILE = "checkout", "login", "profile"
"""Journeys of the bench. A profile is a single read by somebody who is signed in."""
NOTHING = "nothing"
WITH, WITHOUT = "with", "without"
YARDSTICK = "yardstick"


@dataclass(frozen=True, slots=True)
class Guarantee:
    name: str
    gone: str
    """What is different without it."""
    patch: Path
    breaks: str
    """The test, by its node id, that fails without it."""
    felt_in: Sequence[str] = (CHECKOUT,)
    of_the_stores: bool = False
    """It is missing in how stores are started: its test is told of none, and starts them out of the broken copy."""


def _mutant(name: str, mutant: str, gone: str) -> Guarantee:
    """One that is among the mutants already, and killed there."""
    return Guarantee(name, gone, patch_of(mutant), MUTANTS[mutant].killed_by)


def _patch(name: str) -> Path:
    return PATCHES / f"{name}.patch"


GUARANTEES: Sequence[Guarantee] = (
    Guarantee(
        "fsync of PostgreSQL",
        "`fsync=off`, `synchronous_commit=off`",
        _patch("postgres-answers-before-the-disk"),
        "tests/durability/test_kills.py::test_postgres_keeps_every_hold_and_answer_that_was_committed",
        of_the_stores=True,
    ),
    Guarantee(
        "fsync of MongoDB",
        "`j: false`, and a majority does not wait for its journal",
        _patch("mongo-answers-before-the-disk"),
        "tests/durability/test_kills.py::test_mongo_keeps_every_order_and_step_that_the_majority_took",
        of_the_stores=True,
    ),
    _mutant("publisher confirms", "no-confirm", "a message is sent once it is written to the socket"),
    Guarantee(
        "outbox",
        "whoever decided something tells the broker after the commit; nothing is written down, no relay runs",
        _patch("said-by-whoever-decided-it"),
        SCAR + "test_lost_messages.py::test_what_was_decided_by_a_process_that_died_is_said_by_the_next",
    ),
    _mutant("dedupe", "no-dedupe", "a delivery has a new id each time, instead of its event's"),
    Guarantee(
        "idempotency key",
        "no look for the key, and no unique index of it",
        _patch("nobody-looks-for-the-key"),
        SCAR + "test_same_key.py::test_fifty_at_once_with_one_key_for_two_carts_buy_one_of_them",
    ),
    Guarantee(
        "second look at the token",
        "services believe what Envoy has let through: no signature is checked",
        _patch("the-edge-is-believed"),
        CHASSIS + "test_auth.py::test_a_forged_token_is_refused[changed roles]",
        felt_in=(PROFILE, CHECKOUT),
    ),
    Guarantee(
        "traces",
        "neither the gateway nor any process records a span",
        _patch("nobody-records"),
        "tests/dev/test_traces.py::test_one_checkout_is_one_trace_from_the_gate_to_the_mail",
        felt_in=(CHECKOUT, PROFILE),
    ),
    Guarantee(
        "argon2",
        "a password is hashed once, under the pepper",
        _patch("a-password-is-hashed-once"),
        "services/user/tests/adapters/test_argon2_hasher.py::test_a_hash_says_how_it_was_made",
        felt_in=(LOGIN,),
    ),
)
