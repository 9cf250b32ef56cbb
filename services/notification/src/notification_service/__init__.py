"""Telling people what happened to their orders and accounts."""
