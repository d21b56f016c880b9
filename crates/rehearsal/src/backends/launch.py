"""Runs a module and ends its process group when whoever started it is gone.

The starter holds the other end of stdin. However it dies, the kernel closes that end.
"""

import os
import runpy
import signal
import sys
import threading


def end_with_starter():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=end_with_starter, daemon=True).start()
module = sys.argv[1]
sys.argv = sys.argv[1:]
runpy.run_module(module, run_name="__main__", alter_sys=True)
