"""Two domains compared, and a report of what differs."""
