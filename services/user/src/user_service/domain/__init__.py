"""The rules of accounts, passwords and sessions: plain Python."""
