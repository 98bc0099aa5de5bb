"""What all tests share: figures are drawn without a screen, in this process and in others."""

import os

os.environ.setdefault("MPLBACKEND", "Agg")
