"""The shop window, and what is left of it while a part of the shop is away."""


async def test_the_window_says_so_while_the_catalogue_is_away(shop, visitor) -> None:
    shop.away.add("/api/v1/")

    answer = await visitor.get("/")

    assert answer.status_code == 200
    assert "Part of the shop is not there at the moment" in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
