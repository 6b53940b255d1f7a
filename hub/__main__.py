"""`python -m hub`: the command line, for processes that this program starts."""

from hub.cli import main

if __name__ == "__main__":
    main()
