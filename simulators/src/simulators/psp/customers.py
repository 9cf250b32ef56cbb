"""Customers and the cards they have saved."""

from dataclasses import replace

from simulators.psp import errors, render
from simulators.psp.call import Call
from simulators.psp.cards import CARDS
from simulators.psp.nature import Nature
from simulators.psp.records import Customer, Json, PaymentMethod
from simulators.psp.store import Store
from simulators.psp.wire import page


class Customers:
    def __init__(self, store: Store, nature: Nature) -> None:
        self._store = store
        self._nature = nature

    def create(self, call: Call) -> Json:
        customer = Customer(
            id=self._nature.new_id("cus"),
            created=self._nature.second(),
            email=call.params.optional("email"),
            name=call.params.optional("name"),
            description=call.params.optional("description"),
            metadata=call.params.metadata(),
        )
        call.params.ignore("expand", "phone", "address", "shipping", "preferred_locales")
        call.params.finish()
        self._store.keep(customer)
        return render.customer(customer)

    def retrieve(self, call: Call, customer_id: str) -> Json:
        call.params.ignore("expand")
        call.params.finish()
        return render.customer(self.find(customer_id, param="id"))

    def find(self, customer_id: str, *, param: str = "customer") -> Customer:
        customer = self._store.customers.get(customer_id)
        if customer is None:
            raise errors.missing("customer", customer_id, param=param)
        return customer


class PaymentMethods:
    """A test token stands for a card: whoever uses it gets a new payment method that behaves like it."""

    def __init__(self, store: Store, nature: Nature, customers: Customers) -> None:
        self._store = store
        self._nature = nature
        self._customers = customers

    def retrieve(self, call: Call, method_id: str) -> Json:
        call.params.ignore("expand")
        call.params.finish()
        return render.payment_method(self.find(method_id, param="payment_method"))

    def attach(self, call: Call, method_id: str) -> Json:
        owner = self._customers.find(call.params.text("customer"))
        call.params.ignore("expand")
        call.params.finish()
        method = self.find(method_id, param="payment_method")
        if method.detached or method.customer not in (None, owner.id):
            message = "This PaymentMethod was previously used or detached and may not be attached again."
            raise errors.refused(message, code="payment_method_unexpected_state", param="payment_method")
        method = replace(method, customer=owner.id)
        self._store.keep(method)
        return render.payment_method(method)

    def detach(self, call: Call, method_id: str) -> Json:
        call.params.ignore("expand")
        call.params.finish()
        method = self.find(method_id, param="payment_method")
        if method.customer is None:
            message = "The payment method you provided is not attached to a customer so detachment is impossible."
            raise errors.refused(message, code="payment_method_unexpected_state", param="payment_method")
        method = replace(method, customer=None, detached=True)
        self._store.keep(method)
        return render.payment_method(method)

    def list(self, call: Call, *, url: str, customer_id: str) -> Json:
        owner = self._customers.find(customer_id)
        call.params.choice("type", ("card",))
        call.params.ignore("expand")
        owned = [each for each in self._store.methods.values() if each.customer == owner.id]
        return page(call.params, url=url, items=owned, render=render.payment_method)

    def usable(self, method_id: str, *, customer: str | None) -> PaymentMethod:
        """The method, if this customer (or a guest, with one that nobody owns) may pay with it."""
        method = self.find(method_id, param="payment_method")
        if method.detached or method.customer not in (None, customer):
            message = "The PaymentMethod provided belongs to another customer, or was detached from its customer."
            raise errors.invalid(message, param="payment_method")
        return method

    def find(self, method_id: str, *, param: str) -> PaymentMethod:
        if method_id in CARDS:
            method = PaymentMethod(self._nature.new_id("pm"), self._nature.second(), token=method_id)
            self._store.keep(method)
            return method
        known = self._store.methods.get(method_id)
        if known is None:
            raise errors.missing("PaymentMethod", method_id, param=param)
        return known
