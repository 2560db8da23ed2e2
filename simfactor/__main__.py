"""``python -m simfactor``: the command line."""

import sys

from simfactor.cli import main

sys.exit(main())
