"""A payment provider to develop against: it speaks the Stripe API, keeps its own books, and fails when told to."""

from simulators.psp.desk import Asked
from simulators.psp.faults import Fault, Kind, Operation
from simulators.psp.provider import Psp

__all__ = ["Asked", "Fault", "Kind", "Operation", "Psp"]
