"""The development door: what a test or a curious person may see and set behind the shop's back."""
