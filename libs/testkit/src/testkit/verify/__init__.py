"""Is the shop's money and stock right? The invariants, checked over what every store holds.

`python -m testkit.verify --url http://127.0.0.1:8080 [--journal journal.ndjson]` reads the facts through the
development door; tests hand in facts from their own process.
"""
