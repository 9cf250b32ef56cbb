"""Who you are: accounts, credentials, sessions, tokens."""
