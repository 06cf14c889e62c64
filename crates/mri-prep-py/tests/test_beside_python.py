"""How the module lives in a process: threads, Ctrl-C, forks, its start, and the program that it holds."""

import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

import numpy
import pytest

import mri_prep


def test_python_runs_on_while_a_function_computes(brain):
    beats, done = [], threading.Event()

    def beat():
        while not done.is_set():
            beats.append(time.monotonic())
            time.sleep(0.005)

    thread = threading.Thread(target=beat)
    thread.start()
    begun = time.monotonic()
    mri_prep.register(brain, brain)
    spent = time.monotonic() - begun
    done.set()
    thread.join()
    longest = max(numpy.diff([begun, *beats]))
    assert longest < max(0.25, spent / 2), (longest, spent)


def test_ctrl_c_ends_a_call(brain):
    script = (
        "import mri_prep, sys\n"
        "scan = mri_prep.read(sys.argv[1])\n"
        "print('ready', flush=True)\n"
        "try:\n"
        "    while True: mri_prep.register(scan, scan, dof=12)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted')\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, brain], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[0] == "interrupted\n"
    assert process.returncode == 0


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_worker_computes_as_its_parent():
    values = numpy.random.default_rng(0).normal(100, 9, (20, 21, 22)).astype(numpy.float32)
    scan = mri_prep.Volume(values, numpy.diag([2.0, 2, 2, 1]))
    expected = mri_prep.bias(scan).image.data
    child = os.fork()
    if child == 0:
        # A child that waits for threads which it does not have would wait for ever.
        signal.alarm(60)
        os._exit(0 if numpy.array_equal(mri_prep.bias(scan).image.data, expected) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_import_takes_no_numpy_along():
    script = "import mri_prep, sys; print('numpy' in sys.modules, 'nibabel' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout == "False False\n"


def test_the_program_comes_with_the_module(brain, tmp_path):
    installed = Path(sysconfig.get_path("scripts")) / "mri-prep"
    done = subprocess.run([installed, "strip", brain, "--mask", tmp_path / "m.nii"], capture_output=True, text=True)
    assert done.returncode == 0 and "quality" in done.stderr, done.stderr
    numpy.testing.assert_array_equal(mri_prep.read(tmp_path / "m.nii").data > 0, mri_prep.strip(brain).mask.data)
    wrong = subprocess.run([installed, "strip"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "Usage" in wrong.stderr
    missing = subprocess.run([installed, "info", "no.nii"], capture_output=True, text=True)
    assert missing.returncode == 1
    version = subprocess.run([installed, "--version"], capture_output=True, text=True)
    assert version.stdout == f"mri-prep {mri_prep.__version__}\n"
