"""``python -m dsaudit``."""

from dsaudit.cli import main

if __name__ == "__main__":
    main()
