"""What happens at the provider later belongs to the request that began it."""

from chassis import tracing
from opentelemetry.trace import SpanKind

TRACE = "0af7651916cd43dd8448eb211c80319c"
ASKED = f"00-{TRACE}-b7ad6b7169203331-01"


async def test_what_is_settled_later_carries_the_trace_of_the_command(shop) -> None:
    tracing.install()
    with tracing.span("hear", traceparent=ASKED, kind=SpanKind.CONSUMER):
        await shop.authorize()

    await shop.settle()
    await shop.capture()
    await shop.settle()
    await shop.refund()
    await shop.settle()

    said = {each.type.removesuffix(".v1"): each.trace for each in await shop.ground.announced()}
    assert {name: trace.split("-")[1] for name, trace in said.items()} == {
        "PaymentAuthorized": TRACE,
        "PaymentCaptured": TRACE,
        "PaymentRefunded": TRACE,
    }
