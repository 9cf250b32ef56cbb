"""The test cards, by their tokens: what they look like and what the bank says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decline:
    code: str
    decline_code: str
    message: str


@dataclass(frozen=True, slots=True)
class Card:
    brand: str
    last4: str
    decline: Decline | None = None
    exp_month: int = 12
    exp_year: int = 2034
    authenticate: bool = False
    """The bank wants to see its customer before it says anything."""


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
NO_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
NOT_SEEN = Decline("authentication_required", "authentication_required", "Your card needs to be authenticated.")
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")

CARDS = {
    "pm_card_visa": Card("visa", "4242"),
    "pm_card_mastercard": Card("mastercard", "4444"),
    "pm_card_amex": Card("amex", "8431"),
    "pm_card_chargeDeclined": Card("visa", "0002", GENERIC),
    "pm_card_visa_chargeDeclined": Card("visa", "0002", GENERIC),
    "pm_card_chargeCustomerFail": Card("visa", "0341", GENERIC),
    "pm_card_chargeDeclinedInsufficientFunds": Card("visa", "9995", NO_FUNDS),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card("visa", "9995", NO_FUNDS),
    "pm_card_threeDSecure2Required": Card("visa", "3220", authenticate=True),
    "pm_card_threeDSecureRequired": Card("visa", "3063", authenticate=True),
    "pm_card_authenticationRequired": Card("visa", "3184", authenticate=True),
    "pm_card_threeDSecureRequiredChargeDeclined": Card("visa", "1629", GENERIC, authenticate=True),
    "pm_card_chargeDeclinedExpiredCard": Card("visa", "0069", EXPIRED, exp_month=1, exp_year=2024),
}
