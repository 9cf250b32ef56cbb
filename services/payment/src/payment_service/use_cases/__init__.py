"""What this service can do: a file per verb."""
