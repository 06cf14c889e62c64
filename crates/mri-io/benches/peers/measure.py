"""Run a command as a user would, and say what it took."""

import dataclasses
import subprocess
import tempfile


@dataclasses.dataclass
class Cost:
    """What a process and its children took."""

    wall: float  # s
    cpu: float  # s, user and system, all threads
    megabytes: float  # largest resident set

    @classmethod
    def parse(cls, report):
        wall, user, system, kilobytes = (float(word) for word in report.split()[-4:])
        return cls(wall, user + system, kilobytes / 1024)


def run(command, limit=1800):
    """Cost and standard output of a command, under /usr/bin/time; no output if it failed."""
    command = [str(word) for word in command]
    with tempfile.NamedTemporaryFile("r") as report:
        timed = ["/usr/bin/time", "-o", report.name, "-f", "%e %U %S %M", "timeout", str(limit), *command]
        done = subprocess.run(timed, capture_output=True, text=True)
        cost = Cost.parse(report.read())
    if done.returncode:
        print(f"failed: {' '.join(command)}\n{done.stderr[-1500:]}")
        return cost, None
    return cost, done.stdout
