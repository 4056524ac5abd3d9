"""Answer the tick boxes of Google Sheets: python scripts/sync.py [--once] URL ... [--folder URL] [--every 2s]

The same as `sheetgd sync`, for cron and the Task Scheduler: needs nothing but Python, makes the project's own virtual
environment first, and may be started from any folder. With --once it answers the ticks there are, and ends; without,
it watches until it is stopped. See docs/sync-cron.md and docs/sync-task-scheduler.md.
"""

import sys

if sys.version_info < (3, 10):
    sys.exit("sheetgd needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import subprocess

from _environment import ready_python, say


def main() -> int:
    if sys.argv[1:] in ([], ["-h"], ["--help"]):
        say(str(__doc__).strip())
        return 0 if sys.argv[1:] else 2
    command = [str(ready_python()), "-m", "sheetgd", "sync", *sys.argv[1:]]
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    except KeyboardInterrupt:  # which the command itself has had, too
        return 0


if __name__ == "__main__":
    sys.exit(main())
