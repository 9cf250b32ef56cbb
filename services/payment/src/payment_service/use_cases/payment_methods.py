"""A customer's saved cards: tokens of the provider, never numbers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.faults import Unreachable
from chassis.logging import get_logger
from chassis.world import World

from payment_service.log_events import EVENTS
from payment_service.ports import Declined, Method, OutcomeUnknown, Provider, Refused, TryAgainLater, Wallets

MOST = 20
PATIENCE_SECONDS = 4.0
"""The customer waits for this one, so it is shorter than the worker's."""

log = get_logger("payment.methods", EVENTS)


class PaymentTokenRefused(Exception):
    """The provider does not know this token, or cannot use it (any more)."""

    def __init__(self) -> None:
        super().__init__("The payment provider does not accept this token.")
        self.errors = [{"field": "provider_token", "message": "not accepted by the payment provider"}]


class PaymentMethodDeclined(Exception):
    """The bank refuses this card."""

    def __init__(self, reason: str) -> None:
        super().__init__("The card was declined.")
        self.reason = reason
        self.errors = [{"field": "provider_token", "message": f"declined: {reason}"}]


class TooManyPaymentMethods(Exception):
    def __init__(self) -> None:
        super().__init__(f"You can save {MOST} payment methods; remove one first.")
        self.most = MOST


class PaymentMethodNotFound(Exception):
    """There is none of this id, or it is somebody else's."""

    def __init__(self) -> None:
        super().__init__("There is no such payment method.")


@dataclass(frozen=True, slots=True)
class AddPaymentMethod:
    """Save a card. Raises the refusals above, and Unreachable when the provider is."""

    wallets: Wallets
    provider: Provider
    world: World

    async def __call__(self, user_id: UUID, *, provider_token: str) -> Method:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._add(user_id, provider_token)
        except (OutcomeUnknown, TryAgainLater, TimeoutError) as fault:
            raise Unreachable("payment provider", str(fault)) from fault

    async def _add(self, user_id: UUID, token: str) -> Method:
        async with self.wallets.transaction() as tx:
            customer = await tx.customer(user_id)
            if len(await tx.methods(user_id)) >= MOST:
                raise TooManyPaymentMethods

        customer = customer or await self._new_customer(user_id)
        try:
            card = await self.provider.attach(token, customer=customer)
        except Declined as fault:
            raise PaymentMethodDeclined(fault.reason) from fault
        except Refused as fault:
            raise PaymentTokenRefused from fault

        async with self.wallets.transaction() as tx:
            await tx.customer(user_id)
            method = Method(id=self.world.ids.uuid7(), user_id=user_id, customer=customer, card=card)
            stored = await tx.add_method(method)
            too_many = len(await tx.methods(user_id)) > MOST
            if too_many:
                await tx.delete_method(stored.id, owner=user_id)

        if too_many:
            await detach(self.provider, stored)
            raise TooManyPaymentMethods
        return stored

    async def _new_customer(self, user_id: UUID) -> str:
        # Two at once send the same key, so the provider has one.
        try:
            made = await self.provider.create_customer(user_id, key=f"{user_id}:customer:0")
        except OutcomeUnknown as fault:
            if not fault.replayed:
                raise
            # It would repeat this failure for a day. A customer too many there costs nobody anything.
            made = await self.provider.create_customer(user_id, key=f"{user_id}:customer:{self.world.ids.uuid7()}")
        async with self.wallets.transaction() as tx:
            await tx.add_customer(user_id, made)
            return await tx.customer(user_id) or made


@dataclass(frozen=True, slots=True)
class ListPaymentMethods:
    wallets: Wallets

    async def __call__(self, user_id: UUID) -> Sequence[Method]:
        async with self.wallets.transaction() as tx:
            return await tx.methods(user_id)


@dataclass(frozen=True, slots=True)
class DeletePaymentMethod:
    """Ours first: from here on nobody can pay with it, whatever the provider does."""

    wallets: Wallets
    provider: Provider

    async def __call__(self, user_id: UUID, method_id: UUID) -> None:
        async with self.wallets.transaction() as tx:
            method = await tx.method(method_id, owner=user_id)
            if method is None:
                raise PaymentMethodNotFound
            await tx.delete_method(method_id, owner=user_id)

        await detach(self.provider, method)


async def detach(provider: Provider, method: Method) -> None:
    """As well as we can: a card that stays attached there is of no use to anybody."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await provider.detach(method.card.provider_method_id)
    except (OutcomeUnknown, TryAgainLater, Declined, Refused, TimeoutError) as fault:
        log.warning("payment_method.not_detached", method_id=str(method.id), fault=type(fault).__name__)
