"""Lets the tests, and the processes they start, import the environment beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
