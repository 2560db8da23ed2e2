"""Two domains: compared, with a report of what differs; an encoder taken from one to the other."""
