"""What notification does: keep contacts, owe mails, send them."""
