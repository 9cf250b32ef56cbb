"""Who may see the office. What they may do there, the services decide."""

from typing import Annotated

from fastapi import Depends

from storefront.doorway import VisitDep
from storefront.visit import SignInNeeded, Visit


async def staff_only(visit: VisitDep) -> Visit:
    """Raises SignInNeeded for everybody who is no staff."""
    if visit.session is None or not visit.session.staff:
        raise SignInNeeded
    return visit


StaffDep = Annotated[Visit, Depends(staff_only)]
"""A route's argument: the visit of somebody who works here."""
