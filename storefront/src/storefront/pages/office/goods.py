"""Products and their stock."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from storefront.api import Refused
from storefront.doorway import FormDep
from storefront.staff import StaffDep

router = APIRouter()
SHOWN = 25


@router.get("/office/products")
async def find_products(visit: StaffDep, q: str = "", archived: str = "", cursor: str = "") -> Response:
    asked = {"q": q.strip()[:100], "archived": "true" if archived else "", "cursor": cursor}
    params: dict[str, object] = {name: value for name, value in asked.items() if value}
    found = await visit.ask("GET", "/api/v1/staff/products", own=True, params={**params, "limit": SHOWN})
    return visit.page(
        "office/products.html", products=found["items"], next_cursor=found["next_cursor"], q=q, archived=archived
    )


@router.get("/office/products/{product_id}")
async def see_product(visit: StaffDep, product_id: UUID) -> Response:
    product = await visit.ask("GET", f"/api/v1/staff/products/{product_id}", own=True)
    return visit.page("office/product.html", product=product, typed=product, wrong={})


@router.post("/office/products/{product_id}")
async def change_product(visit: StaffDep, form: FormDep, product_id: UUID) -> Response:
    """Its texts. `version` is the one that the form was made from: whoever was slower is told."""
    path = f"/api/v1/staff/products/{product_id}"
    texts = {name: form.get(name, "") for name in ("name", "brand", "category", "description")}
    version = form.get("version", "")
    try:
        await visit.ask("PATCH", path, own=True, body={**texts, "version": int(version) if version.isdigit() else 0})
    except Refused as refused:
        if refused.status not in {409, 422}:
            raise
        product = await visit.ask("GET", path, own=True)
        wrong = refused.fields or {"name": refused.detail}
        typed = {**product, **texts}
        return visit.page("office/product.html", status=refused.status, product=product, typed=typed, wrong=wrong)
    visit.say(good="Saved. Customers see it within five seconds.")
    return visit.go(f"/office/products/{product_id}")


@router.post("/office/products/{product_id}/archive")
async def archive_product(visit: StaffDep, product_id: UUID) -> Response:
    await visit.ask("DELETE", f"/api/v1/staff/products/{product_id}", own=True)
    visit.say(good="It is not sold any more. Orders that have it keep it.")
    return visit.go(f"/office/products/{product_id}")


@router.get("/office/stock/{sku}")
async def see_stock(visit: StaffDep, sku: str) -> Response:
    """How many there are, and why: the ledger."""
    stock = await visit.ask("GET", f"/api/v1/staff/stock/{sku}", own=True)
    return visit.page("office/stock.html", stock=stock, key=visit.front.world.ids.uuid7())


@router.post("/office/stock/{sku}")
async def adjust_stock(visit: StaffDep, form: FormDep, sku: str) -> Response:
    """The form's key makes a second press the same delivery."""
    try:
        quantity = int(form.get("quantity", ""))
        body = {"kind": form.get("kind", ""), "quantity": quantity, "reason": form.get("reason", "")}
        path = f"/api/v1/staff/stock/{sku}/adjustments"
        level = await visit.ask("POST", path, own=True, body=body, key=form.get("key", ""))
        visit.say(good=f"Booked. On hand: {level['on_hand']}, set aside: {level['reserved']}.")
    except ValueError:
        visit.say(bad="Write how many as a whole number, such as 12 or -3.")
    except Refused as refused:
        if refused.status == 404:
            raise
        visit.say(bad=f"Not booked. {refused.told}")
    return visit.go(f"/office/stock/{sku}")
