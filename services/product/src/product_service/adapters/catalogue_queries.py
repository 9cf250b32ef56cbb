"""The SQL of the catalogue's reads. PostgreSQL makes the JSON; nothing parses it again on the way out."""

from functools import cache

from sqlalchemy import TextClause, text

from product_service.domain.search import Sort, Wanted

CATEGORIES = text(
    "SELECT CAST(coalesce(json_agg(json_build_object('slug', slug, 'name', name, 'description', description,"
    " 'parent', parent, 'position', position) ORDER BY parent NULLS FIRST, position, slug), '[]') AS text)"
    " FROM category"
)

# What is shown of availability is never more than a customer could put into a cart.
AVAILABLE = "least(s.on_hand - s.reserved, 99)"

DETAIL = text(f"""
SELECT CAST(json_build_object(
    'id', p.id, 'slug', p.slug, 'name', p.name, 'brand', p.brand, 'category', p.category,
    'price', json_build_object('amount', v.lowest, 'currency', CAST(:currency AS text)),
    'picture', '/api/v1/pictures/' || p.slug || '.svg', 'in_stock', v.in_stock,
    'description', p.description, 'attributes', p.attributes, 'tags', to_json(p.tags), 'variants', v.variants) AS text)
FROM product p, LATERAL (
    SELECT min((each.prices ->> :currency)::int) AS lowest, bool_or(s.on_hand > s.reserved) AS in_stock,
        json_agg(json_build_object('sku', each.sku, 'options', each.options,
            'price', json_build_object('amount', (each.prices -> :currency), 'currency', CAST(:currency AS text)),
            'available', {AVAILABLE}) ORDER BY each.position) AS variants
    FROM variant each JOIN stock s USING (sku) WHERE each.product_id = p.id) v
WHERE p.slug = :slug AND NOT p.archived
""".replace("::int", " ::int"))

OFFERS = text(f"""
SELECT v.sku, p.slug, p.name, CAST(v.options AS text) AS options,
    CAST(v.prices ->> :currency AS int) AS amount, {AVAILABLE} AS available
FROM variant v JOIN product p ON p.id = v.product_id JOIN stock s USING (sku)
WHERE v.sku = ANY(CAST(:skus AS text[])) AND NOT p.archived
""")

QUERY = (
    "(SELECT (websearch_to_tsquery('simple', :whole) || websearch_to_tsquery('english', :whole)) && {tail})"
)
TAIL = (
    "(to_tsquery('simple', :unfinished || ':*') || websearch_to_tsquery('english', :unfinished))"
)
# A hit in the name outweighs any number of hits in the description.
RANK = "CAST(ts_rank('{0.001, 0.03, 0.1, 1.0}', p.search, typed.query) * 1000000 AS int)"
KEYS: dict[Sort, str] = {
    "newest": "0",
    "popular": "-p.popularity",
    "price": "price.amount",
    "-price": "-price.amount",
    "relevance": f"-{RANK}",
}
