"""Time one command, and how much memory it took: python benchmark_process.py FIGURES COMMAND...

Writes exit code, seconds and bytes (of the largest single process; 0 where that is not known) to FIGURES as JSON. A
process of its own, because a new process begins with the memory of the one that started it, and the benchmark's is
large.
"""

import json
import subprocess
import sys
import time

begin = time.perf_counter()
code = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL).returncode
took = time.perf_counter() - begin
try:
    import resource

    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
except ImportError:  # Windows
    most = 0
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump([code, took, most], file)
