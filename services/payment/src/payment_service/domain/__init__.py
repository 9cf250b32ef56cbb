"""Payments, refunds and the ledger: plain Python."""
