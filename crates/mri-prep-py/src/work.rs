//! Computing beside Python: without the interpreter's lock, on threads of our own, and so that Ctrl-C is heard.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyRuntimeError, PyUserWarning};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::to_python;

/// How often a waiting call looks whether Ctrl-C was pressed.
const TICK: Duration = Duration::from_millis(50);

/// The threads, with the process that they belong to.
static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);

/// The threads of this process: as many as there are processors, or as `RAYON_NUM_THREADS` says.
///
/// A fork takes no threads along (data loaders fork their workers), so the child makes its own.
fn pool() -> PyResult<Arc<ThreadPool>> {
    let mut kept = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some((owner, pool)) = &*kept
        && *owner == process
    {
        return Ok(pool.clone());
    }
    let pool = ThreadPoolBuilder::new()
        .thread_name(|number| format!("mri_prep {number}"))
        .build()
        .map(Arc::new)
        .map_err(|error| PyRuntimeError::new_err(format!("cannot start threads: {error}")))?;
    // The parent's pool must not be dropped here: that would wake threads that do not exist.
    std::mem::forget(kept.replace((process, pool.clone())));
    Ok(pool)
}

/// Runs a job on our threads while Python runs on. Ctrl-C ends the call at once with `KeyboardInterrupt`; what was begun ends by
/// itself, unheard.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    job: impl FnOnce() -> mri_io::Result<T> + Send + 'static,
) -> PyResult<T> {
    answer(py, job)?.map_err(to_python)
}

/// As [`run`], for a job whose errors are Python's own.
pub(crate) fn answer<T: Send + 'static>(
    py: Python<'_>,
    job: impl FnOnce() -> T + Send + 'static,
) -> PyResult<T> {
    let (done, mut result) = mpsc::sync_channel(1);
    pool()?.spawn(move || {
        // After an interrupt nobody listens.
        let _ = done.send(catch_unwind(AssertUnwindSafe(job)));
    });
    loop {
        let answer;
        (result, answer) = py.detach(move || {
            let answer = result.recv_timeout(TICK);
            (result, answer)
        });
        match answer {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(panic)) => return Err(defect(panic.as_ref())),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => return Err(defect(&"the work ended without a result")),
        }
    }
}

/// Does something short on our threads without the interpreter's lock, and waits for it.
pub(crate) fn briefly<T: Send>(py: Python<'_>, job: impl FnOnce() -> T + Send) -> PyResult<T> {
    let pool = pool()?;
    Ok(py.detach(|| pool.install(job)))
}

/// Tells what no result can carry.
pub(crate) fn warn(py: Python<'_>, warnings: &[String]) -> PyResult<()> {
    let module = py.import("warnings")?;
    for warning in warnings {
        module.call_method1("warn", (warning, py.get_type::<PyUserWarning>()))?;
    }
    Ok(())
}

fn defect(panic: &(dyn Any + Send)) -> PyErr {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no further word");
    PyRuntimeError::new_err(format!("a defect in mri_prep, please report it: {text}"))
}
