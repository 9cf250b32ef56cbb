"""What there is to decide about telling people: the feed, who wants what, what a text message may cost."""
