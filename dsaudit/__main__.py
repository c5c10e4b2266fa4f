"""``python -m dsaudit``."""

import os
import sys

if not sys.flags.safe_path and sys.path and sys.path[0] in ("", os.getcwd()):  # noqa: PTH109 - nothing is imported yet
    del sys.path[0]  # a module beside the data would be imported instead of one of ours, or of those that we use

from dsaudit.cli import main

if __name__ == "__main__":
    main()
