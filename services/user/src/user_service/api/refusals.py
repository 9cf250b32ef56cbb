"""Every way this service says no, on one page."""

from user_service.domain.passwords import PasswordRefused
from user_service.domain.session import EmailNotVerified, InvalidCredentials, SessionEnded, TooManyAttempts
from user_service.domain.user import LastAdmin, UserNotFound, VerificationTokenInvalid
from user_service.ports import HashingBusy

REFUSALS: dict[type[Exception], tuple[int, str]] = {
    PasswordRefused: (422, "password_refused"),
    VerificationTokenInvalid: (422, "verification_token_invalid"),
    InvalidCredentials: (401, "invalid_credentials"),
    SessionEnded: (401, "session_ended"),
    EmailNotVerified: (403, "email_not_verified"),
    UserNotFound: (404, "user_not_found"),
    LastAdmin: (409, "last_admin"),
    TooManyAttempts: (429, "too_many_attempts"),
    HashingBusy: (503, "overloaded"),
}
