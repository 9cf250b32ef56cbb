"""What belongs to the caller: profile, password, address book."""

from uuid import UUID

from chassis.callers import SignedIn
from chassis.problems import refusals
from fastapi import APIRouter

from user_service.api.caller import Me, Network
from user_service.api.refusals import REFUSALS
from user_service.api.schemas import (
    AddressBody,
    AddressList,
    AddressView,
    PasswordBody,
    ProfileBody,
    UserView,
    to_address_view,
    to_user_view,
)
from user_service.domain.address import AddressBookFull, AddressNotFound, CardNumberInAddress
from user_service.domain.passwords import PasswordRefused
from user_service.domain.session import SessionEnded, TooManyAttempts, WrongPassword
from user_service.ports import HashingBusy
from user_service.wiring import (
    AddAddressDep,
    ChangeAddressDep,
    ChangePasswordDep,
    ChangeProfileDep,
    RemoveAddressDep,
    ShowAddressesDep,
)

router = APIRouter(prefix="/api/v1/me", tags=["user"])


@router.get("", responses=refusals(REFUSALS, SessionEnded))
async def show_me(me: Me) -> UserView:
    """The caller's own account."""
    return to_user_view(me)


@router.patch("", responses=refusals(REFUSALS, SessionEnded))
async def change_me(body: ProfileBody, me: Me, change: ChangeProfileDep) -> UserView:
    """Change the caller's name, locale or telephone number."""
    changed = await change(
        user_id=me.id, name=body.name, locale=body.locale, phone=body.phone, forget_phone=body.forget_phone
    )
    return to_user_view(changed)


@router.post(
    "/password",
    status_code=204,
    responses=refusals(REFUSALS, SessionEnded, WrongPassword, PasswordRefused, TooManyAttempts, HashingBusy),
)
async def change_password(
    body: PasswordBody, caller: SignedIn, me: Me, change: ChangePasswordDep, network: Network
) -> None:
    """Choose another password. It ends every other session, and the owner is mailed."""
    await change(
        user=me,
        session_id=caller.session_id,
        current=body.current_password,
        new=body.new_password,
        network=network,
    )


@router.get("/addresses", responses=refusals(REFUSALS, SessionEnded))
async def list_addresses(me: Me, show: ShowAddressesDep) -> AddressList:
    """The caller's address book, whole, in the order of arrival."""
    return AddressList(items=[to_address_view(each) for each in (await show(user_id=me.id)).entries])


@router.post(
    "/addresses", status_code=201, responses=refusals(REFUSALS, SessionEnded, AddressBookFull, CardNumberInAddress)
)
async def add_address(body: AddressBody, me: Me, add: AddAddressDep) -> AddressView:
    """Put an address into the book. The first one is the default."""
    return to_address_view(await add(user_id=me.id, address=body.to_address(), default=body.default))


@router.get("/addresses/{address_id}", responses=refusals(REFUSALS, SessionEnded, AddressNotFound))
async def show_address(address_id: UUID, me: Me, show: ShowAddressesDep) -> AddressView:
    """One address of the caller's book."""
    return to_address_view((await show(user_id=me.id)).find(address_id))


@router.put("/addresses/{address_id}", responses=refusals(REFUSALS, SessionEnded, AddressNotFound, CardNumberInAddress))
async def change_address(address_id: UUID, body: AddressBody, me: Me, change: ChangeAddressDep) -> AddressView:
    """Write an address anew. The default stays the default until another one becomes it."""
    entry = await change(user_id=me.id, address_id=address_id, address=body.to_address(), default=body.default)
    return to_address_view(entry)


@router.delete("/addresses/{address_id}", status_code=204, responses=refusals(REFUSALS, SessionEnded, AddressNotFound))
async def remove_address(address_id: UUID, me: Me, remove: RemoveAddressDep) -> None:
    """Take an address out of the book."""
    await remove(user_id=me.id, address_id=address_id)
