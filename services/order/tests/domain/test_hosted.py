import pytest
from order_service.domain.hosted import ReturnUrlNotOurs, checked_return_url

HOSTS = {"localhost", "::1", "shop.example"}


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/orders/1?paid=1",
        "http://[::1]:8080/",
        "https://shop.example",
        "https://SHOP.example/back#top",
    ],
)
def test_a_page_of_the_shop_is_taken_as_it_is(url) -> None:
    assert checked_return_url(url, HOSTS) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "https://evil.example/?shop.example",
        "https://shop.example@evil.example/",
        "https://evil.example\\@shop.example/",
        "https://ada:secret@shop.example/",
        "//shop.example/",
        "/orders/1",
        "javascript:alert(1)//shop.example",
        "ftp://shop.example/",
        "https://",
        "https://shop.example:port/",
        "https://[::1/",
        "https://shop.example/ ",
        "https://shop.example/\n",
        "https://shop.ex\u0430mple/",
        'https://shop.example/"onload=',
        "https://shop.example/" + "x" * 500,
        "",
    ],
)
def test_everything_else_is_refused(url) -> None:
    with pytest.raises(ReturnUrlNotOurs) as refused:
        checked_return_url(url, HOSTS)

    assert [each["field"] for each in refused.value.errors] == ["payment.hosted.return_url"]
