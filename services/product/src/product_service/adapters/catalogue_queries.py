"""The SQL of the catalogue's reads. PostgreSQL makes the JSON; nothing parses it again on the way out."""

from dataclasses import dataclass
from functools import cache
from typing import Any, override

from sqlalchemy import TextClause, text

from product_service.adapters.catalogue_tables import PRODUCT
from product_service.domain.search import Phrase, Position, Sort, StaffWanted, Wanted

CATEGORIES = text("""
WITH RECURSIVE tree AS (
    SELECT *, ARRAY[position] AS path FROM category WHERE parent IS NULL
    UNION ALL SELECT c.*, tree.path || c.position FROM category c JOIN tree ON c.parent = tree.slug)
SELECT CAST(coalesce(json_agg(json_build_object('slug', slug, 'name', name, 'description', description,
    'parent', parent, 'position', position) ORDER BY path, slug), '[]') AS text)
FROM tree
""")

# What is shown of availability is never more than a customer could put into a cart.
AVAILABLE = "least(s.on_hand - s.reserved, 99)"
IN_STOCK = (
    "EXISTS (SELECT 1 FROM variant v JOIN stock s USING (sku) WHERE v.product_id = p.id AND s.on_hand > s.reserved)"
)
PICTURE = "'/api/v1/pictures/' || p.slug || '.svg'"

DETAIL = text(f"""
SELECT CAST(json_build_object(
    'id', p.id, 'slug', p.slug, 'name', p.name, 'brand', p.brand, 'category', p.category,
    'price', json_build_object('amount', offered.lowest, 'currency', CAST(:currency AS text)),
    'picture', {PICTURE}, 'in_stock', offered.in_stock,
    'description', p.description, 'attributes', p.attributes, 'tags', p.tags, 'variants', offered.variants) AS text)
FROM product p CROSS JOIN LATERAL (
    SELECT min(CAST(v.prices ->> :currency AS int)) AS lowest, bool_or(s.on_hand > s.reserved) AS in_stock,
        json_agg(json_build_object('sku', v.sku, 'options', v.options,
            'price', json_build_object('amount', v.prices -> :currency, 'currency', CAST(:currency AS text)),
            'available', {AVAILABLE}) ORDER BY v.position) AS variants
    FROM variant v JOIN stock s USING (sku) WHERE v.product_id = p.id) offered
WHERE p.slug = :slug AND NOT p.archived
""")  # noqa: S608 - made of constants

OFFERS = text(f"""
SELECT v.sku, p.slug, p.name, CAST(v.options AS text) AS options,
    CAST(v.prices ->> :currency AS int) AS amount, {AVAILABLE} AS available
FROM variant v JOIN product p ON p.id = v.product_id JOIN stock s USING (sku)
WHERE v.sku = ANY(CAST(:skus AS text[])) AND NOT p.archived
""")  # noqa: S608 - made of constants

# Carts and orders go on showing what has left the shop.
PICTURED = text("SELECT slug, name, category FROM product WHERE slug = ANY(:slugs)")


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: by a whole number and then by id, both in one direction, as its index is."""

    key: str
    id: str = "p.id"
    direction: str = "DESC"

    def parameters(self, after: Position) -> dict[str, Any]:
        return {"after_key": after.key, "after_id": after.id}

    @property
    def by(self) -> str:
        return f"{self.key} {self.direction}, {self.id} {self.direction}"

    @property
    def of_found(self) -> str:
        """The same order of what was found."""
        return f"found.key {self.direction}, found.id {self.direction}"

    @property
    def further(self) -> str:
        """The condition for what comes after the position of the cursor."""
        sign = "<" if self.direction == "DESC" else ">"
        return f"({self.key}, {self.id}) {sign} (CAST(:after_key AS int), CAST(:after_id AS uuid))"


@dataclass(frozen=True, slots=True)
class Newest(Order):
    """By id alone, which grows with time."""

    @override
    def parameters(self, after: Position) -> dict[str, Any]:
        return {"after_id": after.id}

    @property
    @override
    def by(self) -> str:
        return "p.id DESC"

    @property
    @override
    def further(self) -> str:
        return "p.id < CAST(:after_id AS uuid)"


QUERY = (
    "(websearch_to_tsquery('english', :finished)"
    " && (to_tsquery('simple', :beginning) || websearch_to_tsquery('english', :unfinished)))"
)
# A hit in the name outweighs any number of hits in the description.
RANK = f"CAST(ts_rank('{{0.001, 0.03, 0.1, 1.0}}', p.search, {QUERY}) * 1000000 AS int)"

ORDERS: dict[Sort, Order] = {
    "newest": Newest("0"),
    "popular": Order("p.popularity"),
    "price": Order("price.amount", "price.product_id", "ASC"),
    "-price": Order("price.amount", "price.product_id"),
    "relevance": Order(RANK),
}

CONDITIONS = {
    "category": "p.category IN (SELECT slug FROM shelf)",
    "brand": "lower(p.brand) = lower(:brand)",
    "min_price": "price.amount >= :min_price",
    "max_price": "price.amount <= :max_price",
    "phrase": f"p.search @@ {QUERY}",
    "in_stock": IN_STOCK,
    "sold_out": f"NOT {IN_STOCK}",
}
BY_PRICE = {"brand": "price.brand = lower(:brand)"}
ON_ONE_SHELF = {"category": "p.category = shelf.slug"}
# As an array it is looked up by the index of ids, beside the one of words.
HAS_SKU = "id = ANY(ARRAY(SELECT product_id FROM variant WHERE sku = :sku))"
SHELVES = (
    "shelf AS (SELECT slug FROM category WHERE slug = :category"
    " UNION SELECT c.slug FROM category c JOIN shelf ON c.parent = shelf.slug),"
)


def page(wanted: Wanted) -> tuple[TextClause, dict[str, Any]]:
    """The one statement for a page, and its parameters."""
    parameters: dict[str, Any] = {"currency": wanted.currency, "limit": wanted.limit}
    for name in ("category", "brand", "min_price", "max_price"):
        if getattr(wanted, name) is not None:
            parameters[name] = getattr(wanted, name)
    filters = [name for name in CONDITIONS if name in parameters]
    if wanted.in_stock is not None:
        filters.append("in_stock" if wanted.in_stock else "sold_out")
    if wanted.phrase is not None:
        filters.append("phrase")
        parameters |= _words(wanted.phrase)
    if wanted.after is not None:
        parameters |= ORDERS[wanted.sort].parameters(wanted.after)
    return _page(wanted.sort, tuple(filters), further=wanted.after is not None), parameters


def stocked(wanted: StaffWanted) -> tuple[TextClause, dict[str, Any]]:
    """Whole products, by the index of those that are in the shop or of those that have left it."""
    conditions, parameters = ["archived" if wanted.archived else "NOT archived"], dict[str, Any](limit=wanted.limit)
    if wanted.before is not None:
        conditions.append("id < :before")
        parameters["before"] = wanted.before
    if wanted.phrase is not None:
        conditions.append(f"(search @@ {QUERY} OR {HAS_SKU})")
        parameters |= {**_words(wanted.phrase), "sku": wanted.sku}
    return text(f"{PRODUCT} WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT :limit"), parameters


def _words(phrase: Phrase) -> dict[str, str]:
    """In web search syntax, which forgives everything; and as the beginning of a word, in quotes."""
    finished = (("-" if each.excluded else "") + f'"{" ".join(each.words)}"' for each in phrase.terms)
    beginning = f"'{phrase.unfinished}':*" if phrase.unfinished else ""
    return {"finished": " ".join(finished), "beginning": beginning, "unfinished": phrase.unfinished}


@cache
def _page(sort: Sort, filters: tuple[str, ...], *, further: bool) -> TextClause:
    """First the page and one more, by index and limit; then the JSON, for the few that are on it."""
    order, in_category = ORDERS[sort], "category" in filters
    # Words are looked up once. All else is read in its order from each shelf, as no index has the order of several:
    # to look for a room among the cheapest of everything is to read all that is cheaper elsewhere.
    by_shelf = in_category and "phrase" not in filters
    rules = CONDITIONS | (BY_PRICE if order.key == "price.amount" else {}) | (ON_ONE_SHELF if by_shelf else {})
    conditions = ["NOT p.archived", *(rules[name] for name in filters), *([order.further] if further else [])]
    if by_shelf and order.key == "price.amount":
        conditions.append("price.category = shelf.slug")
    found = f"""(
        SELECT p.id, p.slug, p.name, p.brand, p.category, price.amount, {order.key} AS key
        FROM product p JOIN lowest_price price ON price.product_id = p.id AND price.currency = :currency
        WHERE {" AND ".join(conditions)}
        ORDER BY {order.by} LIMIT :limit + 1) found"""  # noqa: S608 - made of constants
    return text(f"""
WITH RECURSIVE {SHELVES if in_category else ""} p AS (
    SELECT found.*, row_number() OVER (ORDER BY {order.of_found}) AS place
    FROM {"shelf CROSS JOIN LATERAL " if by_shelf else ""}{found}
    ORDER BY {order.of_found} LIMIT :limit + 1)
SELECT CAST(coalesce(json_agg(json_build_object(
        'id', p.id, 'slug', p.slug, 'name', p.name, 'brand', p.brand, 'category', p.category,
        'price', json_build_object('amount', p.amount, 'currency', CAST(:currency AS text)),
        'picture', {PICTURE}, 'in_stock', {IN_STOCK}) ORDER BY p.place) FILTER (WHERE p.place <= :limit), '[]')
        AS text) AS items,
    (array_agg(p.key ORDER BY p.place))[:limit] AS last_key, (array_agg(p.id ORDER BY p.place))[:limit] AS last_id,
    count(*) > :limit AS more, {"EXISTS (SELECT 1 FROM shelf)" if in_category else "true"} AS known_category
FROM p
""")  # noqa: S608 - made of constants; what people type is a parameter
