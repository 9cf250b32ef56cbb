"""The outbox and the inbox as PostgreSQL tables, written inside of the business transaction.

Only a service that hears events needs the inbox: commands are deduplicated by the row that they are about.

```sql
CREATE TABLE outbox (
    id uuid PRIMARY KEY, lane text NOT NULL, exchange text NOT NULL, routing_key text NOT NULL,
    aggregate_id text NOT NULL, envelope jsonb NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz, attempts int NOT NULL DEFAULT 0, next_attempt_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX outbox_due ON outbox (lane DESC, created_at) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE TABLE inbox (
    consumer text NOT NULL, message_id uuid NOT NULL, processed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, message_id));
CREATE TABLE broker_incarnation (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one), incarnation uuid NOT NULL);
```
"""

from uuid import UUID

from sqlalchemy import text

from chassis.messages import Contract, seal
from chassis.statements import Connection
from chassis.world import World

# Nearly always it is one message: it and the bell for the relay are one statement.
INSERT = text(
    "WITH said AS ("
    " INSERT INTO outbox (id, lane, exchange, routing_key, aggregate_id, envelope)"
    " VALUES (:id, :lane, :exchange, :routing_key, :aggregate_id, CAST(:envelope AS jsonb)))"
    " SELECT pg_notify('outbox', '')"
)
SEEN = text("INSERT INTO inbox (consumer, message_id) VALUES (:consumer, :message_id) ON CONFLICT DO NOTHING")


async def announce(connection: Connection, *messages: Contract, world: World, seq: int = 0) -> None:
    """Write messages into the outbox of the transaction that `connection` is in."""
    for message in messages:
        row = seal(message, world=world, seq=seq)
        await connection.execute(
            INSERT,
            {
                "id": row.id,
                "lane": row.lane,
                "exchange": row.exchange,
                "routing_key": row.routing_key,
                "aggregate_id": row.envelope.aggregate_id,
                "envelope": row.envelope.model_dump_json(),
            },
        )


async def first_time(connection: Connection, consumer: str, message_id: UUID) -> bool:
    """Note that `consumer` has seen this message; False when it had before. First statement of a handler."""
    noted = await connection.execute(SEEN, {"consumer": consumer, "message_id": message_id})
    return noted.rowcount == 1
