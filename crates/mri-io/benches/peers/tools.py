"""One small adapter per peer.

    python tools.py register TOOL FIXED MOVING OUT.txt      4x4, fixed to moving, RAS+ mm
    python tools.py strip TOOL SCAN OUT.nii.gz              brain mask on the scan's grid
    python tools.py bias TOOL SCAN MASK OUT.nii.gz          scan without its bias field
    python tools.py time TOOL SCAN RUNS                     reading and resampling in this process, ms as JSON

Imports happen inside the adapters, so that a tool that is not installed costs only itself.
"""

import importlib
import sys

MODULES = {"register": "peers_register", "strip": "peers_strip", "bias": "peers_bias", "time": "peers_time"}


def main():
    task, tool, *paths = sys.argv[1:]
    adapter = getattr(importlib.import_module(MODULES[task]), tool.replace("-", "_"))
    adapter(*paths)


if __name__ == "__main__":
    main()
