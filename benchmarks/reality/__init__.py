"""The stand-in for reality: its worlds, who goes there, and what came out."""
