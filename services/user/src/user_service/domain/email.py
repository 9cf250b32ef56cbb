"""E-mail addresses in the one form that is stored and compared."""

from email_validator import EmailNotValidError, validate_email

MAX_EMAIL = 254


class InvalidEmail(ValueError):
    """Not an address that mail could be sent to."""


def normalise_email(raw: str) -> str:
    """Lower case, domain in ASCII. Raises InvalidEmail.

    The part before the @ must be ASCII: mail servers disagree about anything else.
    """
    if len(raw) > MAX_EMAIL:
        raise InvalidEmail(f"An e-mail address has at most {MAX_EMAIL} characters.")
    try:
        # `.test` is let through: rehearsals use it, and no mail to it can ever arrive.
        found = validate_email(raw, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as fault:
        raise InvalidEmail(str(fault)) from None
    return (found.ascii_email or found.normalized).lower()
