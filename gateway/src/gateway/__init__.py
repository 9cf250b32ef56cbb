"""The only public door: one route table, rendered as Envoy's configuration for every place it runs in."""
