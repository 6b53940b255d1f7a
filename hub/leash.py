"""`python -m hub.leash PARENT MODULE ...`: runs a module that ends when its parent does (Linux).

Whatever kills the parent, no child of ours is left behind to hold a home or a port. Imports nothing
of ours, so that what runs on the leash imports only what it needs itself.
"""

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1


def leashed(module: str, *arguments: str) -> list[str]:
    """The command line that runs one of our modules on this process's leash."""
    return [sys.executable, "-m", "hub.leash", str(os.getpid()), module, *arguments]


def main() -> None:
    """Tie this process to its parent, then be the module."""
    parent, module = int(sys.argv[1]), sys.argv[2]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it ended before the leash was on
        raise SystemExit(1)
    sys.argv[:] = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
