"""What each command answers, against a table that was written down by hand from the design."""

import pytest
from payment_service.domain.commands import ANSWERS, Answer, Command, Move, State

DESIGN = """
payment      AuthorizePayment  CapturePayment   VoidPayment   RefundPayment
none         begin             unknown          bury          unknown
CREATED      wait              wait             request_void  wait
AUTHORIZING  wait              wait             request_void  wait
VOIDING      wait              wait             request_void  wait
REQUIRES_ACTION  =action_required  wait         void          wait
AUTHORIZED   =authorized       capture          void          wait
CAPTURING    =authorized       wait             wait          wait
CAPTURED     =authorized       =captured        =captured     refund
VOIDED       =voided           =capture_failed  =voided       wait
FAILED       =declined         =capture_failed  =voided       wait
"""
COMMANDS = {
    "AuthorizePayment": Command.AUTHORIZE,
    "CapturePayment": Command.CAPTURE,
    "VoidPayment": Command.VOID,
    "RefundPayment": Command.REFUND,
}
HEAD, *ROWS = [line.split() for line in DESIGN.strip().splitlines()]
CELLS = [(row[0], command, cell) for row in ROWS for command, cell in zip(HEAD[1:], row[1:], strict=True)]


@pytest.mark.parametrize(("state", "command", "cell"), CELLS)
def test_a_command_does_what_the_design_says(state: str, command: str, cell: str) -> None:
    found = ANSWERS[None if state == "none" else State(state)][COMMANDS[command]]

    assert found == (Answer(cell[1:]) if cell.startswith("=") else Move(cell))


def test_the_table_knows_every_state_and_every_command() -> None:
    assert set(ANSWERS) == {None, *State}
    assert all(set(row) == set(Command) for row in ANSWERS.values())
    assert {state for state, _, _ in CELLS} == {"none", *State}
