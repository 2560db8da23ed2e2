"""What all tests share."""

import signal


def pytest_configure() -> None:
    """Tests of Ctrl-C need children that it interrupts; a shell has its background jobs ignore it, and theirs."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
