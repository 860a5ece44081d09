"""Where things lie in the checkout: the platform runs from one, its packages are editable."""

import os
from pathlib import Path

LOCAL = Path(__file__).resolve().parents[2]
ROOT = LOCAL.parents[1]
TOOLS = ROOT / ".tools"
# Elsewhere for a checkout that may not be written to, and for tests.
VAR = Path(os.environ.get("JONCTION_VAR", ROOT / "var")).resolve()
