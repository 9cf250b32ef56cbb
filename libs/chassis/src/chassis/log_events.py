"""Everything that the chassis may write into a log: what happened, and which facts about it. Services have their own.

A fact that is not declared here is not written, nor is one of another kind than was said.
"""

from collections.abc import Mapping

type Vocabulary = Mapping[str, Mapping[str, type]]
"""Event -> its facts, each with the type that it has."""

EVENTS: Vocabulary = {
    # security: what whoever watches over the shop wants to see
    "security.refused": {"status": int, "why": str, "route": str, "user": str},
    "security.staff_act": {"route": str, "user": str, "roles": list},
    # requests and processes
    "request.failed": {"route": str},
    "request.unavailable": {"fault": str},
    "process.failed": {},
    "server.listening": {"ports": list},
    "server.leaving": {},
    "health.not_ready": {"faults": list},
    "health.check_failed": {},
    "migration.database_is_ahead": {"found": str, "ours": str},
    # keys and limits
    "keys.not_fetched": {"fault": str},
    "keys.none_in_answer": {},
    "keys.unusable": {"fault": str},
    "limiter.alone": {"rule": str, "fault": str},
    # messages on their way out and in
    "relay.interrupted": {"service": str, "fault": str},
    "relay.refused": {"service": str, "count": int},
    "relay.new_broker": {"service": str, "replayed": int},
    "message.not_taken": {"type": str, "id": str, "why": str},
    "message.refused": {"why": str, "size": int, "type": str, "fault": str},
    "message.put_back": {"type": str, "id": str, "fault": str},
    "message.failed": {"type": str, "id": str},
    "message.repeated": {"type": str, "id": str, "conflict": str},
    "consumer.interrupted": {"service": str, "fault": str},
    "consumer.failed": {"service": str},
    # work that comes round again
    "job.put_off": {"job": str, "fault": str},
    "job.failed": {"job": str},
}
