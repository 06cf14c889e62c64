"""Print the head of a record: when, on which machine, which versions, which command."""

import datetime
import importlib.metadata
import pathlib
import platform
import subprocess

PEERS = pathlib.Path(__file__).with_name("requirements.txt")


def output(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def versions():
    names = [line.strip().split("<")[0] for line in PEERS.read_text().splitlines() if line and line[0] != "#"]
    found = [f"{name} {importlib.metadata.version(name)}" for name in names]
    cmtk = output("cmtk", "registration", "--version")
    return [*found, f"CMTK {cmtk}"] if cmtk else found


def main():
    models = [line for line in output("lscpu").splitlines() if line.startswith("Model name")]
    processor = models[0].split(":")[1].strip()
    cores = output("nproc")
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) / 1024**2
    load = " ".join(pathlib.Path("/proc/loadavg").read_text().split()[:2])
    ours = output("git", "describe", "--always", "--dirty")
    machine = f"{processor}, {cores} cores, {memory:.0f} GB, {platform.system()} {platform.release()}"
    print(f"""# mri-io beside its peers, {datetime.date.today()}

* Machine: {machine}; load at the start (1, 5 min): {load}.
* Ours: {output("mri-prep", "--version")} at {ours}, {output("rustc", "--version")}, release build.
* Peers: {", ".join(versions())}; Python {platform.python_version()}.
* Command: `crates/mri-io/benches/peers/run_all.sh RECORD.md`, after `setup.sh` and `cases.sh`.
* Times are of whole processes (start of Python and loading of networks too), except reading and resampling, which
  are timed inside the process. Every cost was measured in this run; outputs of slow peers that were not timed again
  come from earlier runs of the same versions and count for accuracy only.""")


if __name__ == "__main__":
    main()
