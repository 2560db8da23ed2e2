"""From an environment to an encoder of it."""
