"""Somebody who comes to the shop for the first time: registers, fills a cart, and is told what can be tried."""
