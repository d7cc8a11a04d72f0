"""``python -m undertone``."""

import sys

from undertone.cli import main

sys.exit(main())
