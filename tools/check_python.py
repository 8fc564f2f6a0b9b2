"""Say early and plainly when python3 is too old or too new for Trivet. Runs on any Python 3."""

import sys

OLDEST, FIRST_TOO_NEW = (3, 11), (3, 14)

if __name__ == "__main__" and not OLDEST <= sys.version_info[:2] < FIRST_TOO_NEW:
    sys.exit(
        f"Trivet needs Python 3.11, 3.12 or 3.13; {sys.executable} is {sys.version_info[0]}.{sys.version_info[1]}.\n"
        "Name another one: make setup PYTHON=python3.12"
    )
