"""The list of what happened: what a client reads that missed a webhook."""

from simulators.psp import errors, render
from simulators.psp.call import Call
from simulators.psp.records import Json
from simulators.psp.store import Store
from simulators.psp.wire import page


class Events:
    def __init__(self, store: Store) -> None:
        self._store = store

    def retrieve(self, call: Call, event_id: str) -> Json:
        call.params.finish()
        event = self._store.events.get(event_id)
        if event is None:
            raise errors.missing("event", event_id, param="id")
        return render.event(event)

    def list(self, call: Call, *, url: str) -> Json:
        type_, types = call.params.optional("type"), call.params.values("types")
        wanted = {*types, *([type_] if type_ else [])}
        call.params.ignore("expand", "delivery_success")
        items = [each for each in self._store.events.values() if not wanted or each.type in wanted]
        return page(call.params, url=url, items=items, render=render.event)
