"""What every service is bolted to. It knows no product, no order and no money."""
