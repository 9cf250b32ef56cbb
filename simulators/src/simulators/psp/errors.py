"""Every way the provider says no, in the shape that the Stripe SDK reads."""

from dataclasses import dataclass

from simulators.psp.records import Json

INVALID = "invalid_request_error"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body. `executed` says that the work began: only then does an idempotency key remember it."""

    status: int
    body: Json
    executed: bool = True


class ProviderError(Exception):
    """A refusal on its way to the client."""

    def __init__(self, status: int, error: Json, *, executed: bool = False) -> None:
        super().__init__(error.get("message"))
        self.answer = Answer(status, {"error": error}, executed=executed)


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> ProviderError:
    """A parameter is wrong; nothing was done."""
    return ProviderError(400, _error(INVALID, message, code=code, param=param))


def missing(what: str, id_: str, *, param: str) -> ProviderError:
    return ProviderError(404, _error(INVALID, f"No such {what}: '{id_}'", code="resource_missing", param=param))


def no_such_url(method: str, path: str) -> ProviderError:
    return ProviderError(404, _error(INVALID, f"Unrecognized request URL ({method}: {path})."))


def unauthorized(message: str) -> ProviderError:
    return ProviderError(401, _error(INVALID, message))


def refused(message: str, *, code: str, param: str | None = None, intent: Json | None = None) -> ProviderError:
    """The object is in no state for this."""
    error = _error(INVALID, message, code=code, param=param)
    return ProviderError(400, error | ({"payment_intent": intent} if intent else {}), executed=True)


def declined(error: Json, intent: Json) -> ProviderError:
    """The card said no."""
    return ProviderError(402, {**error, "payment_intent": intent}, executed=True)


def key_reused(key: str) -> ProviderError:
    message = (
        "Keys for idempotent requests can only be used with the same endpoint and parameters they were first used "
        f"with. Try using a key other than '{key}' if you meant to execute a different request."
    )
    return ProviderError(400, _error("idempotency_error", message))


def key_in_use(key: str) -> ProviderError:
    message = f"There is currently another in-progress request using this idempotency key ('{key}')."
    return ProviderError(409, _error("idempotency_error", message, code="idempotency_key_in_use"))


def lock_timeout() -> ProviderError:
    message = "This object cannot be accessed right now because another request is accessing it. Try again."
    return ProviderError(429, _error(INVALID, message, code="lock_timeout"))


def broken(*, executed: bool) -> ProviderError:
    message = "An unknown error occurred on our side."
    return ProviderError(500, _error("api_error", message), executed=executed)


def too_late() -> ProviderError:
    return ProviderError(504, _error("api_error", "The request timed out and was not carried out."))


def _error(type_: str, message: str, *, code: str | None = None, param: str | None = None) -> Json:
    optional = {"code": code, "param": param}
    return {"type": type_, "message": message, **{name: value for name, value in optional.items() if value}}
