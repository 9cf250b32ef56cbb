"""Drawings of what we sell: paper, paint, and a motif for every word that we know."""
