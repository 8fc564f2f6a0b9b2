"""`python -m trivet.worker WORKSPACE [--json]`: run jobs until somebody says stop (Ctrl-C, SIGTERM)."""

import signal
import sys

from trivet.worker.loop import serve, stop

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    serve(sys.argv[1], as_json="--json" in sys.argv[2:])
