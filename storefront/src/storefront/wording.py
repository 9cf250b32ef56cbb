"""What is wrong with a form, in words for whoever filled it in."""

from collections.abc import Mapping

from storefront.api import Refused

LONG_ENOUGH = "A password has 15 to 128 characters. A few words that only you would put together are easy to remember."
PROFILE = {
    "email": "This does not look like an e-mail address.",
    "name": "Please tell us a name, of 100 characters at most and without < > @ : / or \\.",
    "password": LONG_ENOUGH,
    "new_password": LONG_ENOUGH,
    "current_password": "Please type the password that you have now.",
    "phone": "Please write the number with its country, such as +49 30 123456.",
    "locale": "Please choose one of the list.",
}
ADDRESS = {
    "name": "Who is it for?",
    "line1": "Please tell us street and number.",
    "line2": "This is longer than a label is wide.",
    "city": "Which town is it?",
    "postal_code": "Please tell us the postcode, of 16 characters at most.",
    "country": "Please choose a country of the list.",
    "phone": "This does not look like a telephone number.",
}


def beside(refused: Refused, words: Mapping[str, str]) -> dict[str, str]:
    """Messages by field. What the interface says about the shape of a field is for programmers; what it says about
    anything else it says to people."""
    if refused.slug != "invalid_request":
        return {name: message[:1].upper() + message[1:] for name, message in refused.fields.items()}
    return {name: words.get(name, message) for name, message in refused.fields.items()}


def pause(refused: Refused) -> str:
    """How long to wait after too many tries."""
    seconds = int(refused.body.get("retry_after", 60))
    if seconds < 90:
        return "a minute"
    return f"{-(-seconds // 60)} minutes" if seconds < 5400 else f"{-(-seconds // 3600)} hours"
