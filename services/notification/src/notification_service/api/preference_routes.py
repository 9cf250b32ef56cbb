"""What one wants to be told, and how: path, verb, who may, what happens."""

from chassis.callers import SignedIn
from chassis.problems import refusals
from fastapi import APIRouter

from notification_service.api.refusals import REFUSALS
from notification_service.api.schemas import PreferencesBody, PreferencesView
from notification_service.domain.preferences import MustBeMailed
from notification_service.wiring import ChoosePreferencesDep, SeePreferencesDep

router = APIRouter()


@router.get("/api/v1/notification-preferences")
async def see_preferences(caller: SignedIn, see: SeePreferencesDep) -> PreferencesView:
    """By which channels you are told what."""
    return PreferencesView.from_preferences(await see(caller.user_id))


@router.put("/api/v1/notification-preferences", responses=refusals(REFUSALS, MustBeMailed))
async def choose_preferences(body: PreferencesBody, caller: SignedIn, choose: ChoosePreferencesDep) -> PreferencesView:
    """Choose; what is not named is as usual again. Mails about money and safety come in any case."""
    return PreferencesView.from_preferences(await choose(caller.user_id, body.to_preferences()))
