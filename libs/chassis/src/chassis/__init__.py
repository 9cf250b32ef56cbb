"""What every service is bolted to. It knows no product, no order and no money."""

from chassis import loading as loading
