"""What all tests share."""

import signal


def pytest_configure() -> None:
    """Children must not ignore Ctrl-C, as background jobs of a shell do with all that they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
