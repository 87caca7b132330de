"""`python -m venice`: the client as a command."""

import sys

from venice.cli import main

if __name__ == "__main__":
    sys.exit(main())
