"""Which messages carry a token that opens something."""

from contracts.user import EmailVerificationRequested, PasswordResetRequested

WITH_TOKENS = (EmailVerificationRequested.routing_key(), PasswordResetRequested.routing_key())
