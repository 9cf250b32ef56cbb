"""The back doors: documents, SMTP, templates, and their twins in memory."""
