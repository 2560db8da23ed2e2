"""The parts of the transfer benchmark: who takes part, what is trained, and the table."""
