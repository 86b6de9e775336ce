"""Where the repository is, and where the library that is tested lies: here, or installed."""

from pathlib import Path

import autograd

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARY = Path(autograd.__file__).resolve().parent.parent
