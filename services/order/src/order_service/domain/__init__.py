"""The rules of carts, quotes, orders and the saga: plain Python."""
