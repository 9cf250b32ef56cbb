"""Every way this service says no, on one page."""

from user_service.domain.address import AddressBookFull, AddressNotFound, CardNumberInAddress
from user_service.domain.passwords import PasswordRefused
from user_service.domain.session import (
    EmailNotVerified,
    InvalidCredentials,
    SessionEnded,
    SessionNotFound,
    TooManyAttempts,
    WrongPassword,
)
from user_service.domain.user import (
    AccountDisabled,
    LastAdmin,
    ResetTokenInvalid,
    UserNotFound,
    VerificationTokenInvalid,
)
from user_service.ports import HashingBusy

REFUSALS: dict[type[Exception], tuple[int, str]] = {
    PasswordRefused: (422, "password_refused"),
    VerificationTokenInvalid: (422, "verification_token_invalid"),
    ResetTokenInvalid: (422, "reset_token_invalid"),
    WrongPassword: (422, "wrong_password"),
    InvalidCredentials: (401, "invalid_credentials"),
    SessionEnded: (401, "session_ended"),
    EmailNotVerified: (403, "email_not_verified"),
    AccountDisabled: (403, "account_disabled"),
    SessionNotFound: (404, "session_not_found"),
    AddressNotFound: (404, "address_not_found"),
    AddressBookFull: (409, "address_book_full"),
    CardNumberInAddress: (422, "card_number_in_address"),
    UserNotFound: (404, "user_not_found"),
    LastAdmin: (409, "last_admin"),
    TooManyAttempts: (429, "too_many_attempts"),
    HashingBusy: (503, "overloaded"),
}
