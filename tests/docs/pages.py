"""Reading the pages of the documentation, and running what they show."""

import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent.parent.parent / "docs"


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a language in a page."""
    return re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)


def printed(page: str, folder: Path) -> list[str]:
    """The lines that a page's Python, as one program run in ``folder``, prints; warnings are errors."""
    program = [sys.executable, "-W", "error", "-c", "\n".join(blocks(page, "python"))]
    result = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()
