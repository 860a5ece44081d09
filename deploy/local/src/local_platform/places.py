"""Where things lie in the checkout: the platform runs from one, its packages are editable."""

from pathlib import Path

LOCAL = Path(__file__).resolve().parents[2]
ROOT = LOCAL.parents[1]
TOOLS = ROOT / ".tools"
VAR = ROOT / "var"
