"""The back office: the same public interface, asked by people with another role."""

from storefront.pages.office import dashboard, goods, letters, orders, people, saga

ROUTERS = (dashboard.router, orders.router, saga.router, goods.router, people.router, letters.router)
