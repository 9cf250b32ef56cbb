"""What a refusal says."""

import httpx2


def slug(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["type"].removeprefix("urn:mercato:problem:")


def fields(answer: httpx2.Response) -> list[str]:
    """The fields that are not acceptable."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return sorted(each["field"] for each in answer.json()["errors"])
