"""The manners of every body that goes over HTTP."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class RequestBody(BaseModel):
    """What a client sends: unknown fields are refused, texts are trimmed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class ResponseBody(BaseModel):
    """What a client receives."""

    model_config = ConfigDict(frozen=True)


class Page[T](ResponseBody):
    """One page of a list, and the cursor of the next when there is one."""

    items: list[T]
    next_cursor: str | None = None


NoNulls = StringConstraints(pattern=r"^[^\x00]*$")
Written = StringConstraints(pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")
"""Something is left when it is trimmed."""
ShortText = Annotated[str, Written, StringConstraints(min_length=1, max_length=200)]
LongText = Annotated[str, Written, StringConstraints(min_length=1, max_length=4000)]
