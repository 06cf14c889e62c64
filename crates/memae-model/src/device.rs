//! Where networks run.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use tch::{Cuda, Device};

use crate::{Error, Result};

/// The device that a user asks for: `auto`, `cpu` or `cuda:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// The first CUDA device where there is one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device of this number, counted from 0.
    Cuda(usize),
}

impl DeviceChoice {
    /// Refuses a device that is not there: to be asked before hours of work for it.
    ///
    /// # Errors
    /// [`Error::Device`] where a CUDA device is asked for that is not there.
    pub fn check(self) -> Result<()> {
        self.open().map(drop)
    }

    /// Whether networks run on a CUDA device, there or not.
    pub fn is_cuda(self) -> bool {
        match self {
            Self::Auto => cuda_available(),
            Self::Cpu => false,
            Self::Cuda(_) => true,
        }
    }

    /// The device itself.
    ///
    /// # Errors
    /// [`Error::Device`] where a CUDA device is asked for that is not there.
    pub(crate) fn open(self) -> Result<Device> {
        match self {
            Self::Auto if cuda_available() => Ok(Device::Cuda(0)),
            Self::Auto | Self::Cpu => Ok(Device::Cpu),
            Self::Cuda(number) => {
                let count = if cuda_available() { Cuda::device_count() as usize } else { 0 };
                if number < count {
                    return Ok(Device::Cuda(number));
                }
                Err(Error::Device(match (count, &*LIBTORCH_CUDA) {
                    (0, Err(reason)) => format!(
                        "cuda:{number} is not available: this libtorch has no CUDA part ({reason}); install one with \
                         CUDA, or use device = \"cpu\" or \"auto\""
                    ),
                    (0, Ok(_)) => format!(
                        "cuda:{number} is not available: libtorch finds no NVIDIA GPU or driver; use device = \"cpu\" or \
                         \"auto\""
                    ),
                    _ => format!(
                        "cuda:{number} does not exist: there are {count} CUDA devices, counted from 0"
                    ),
                }))
            }
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.pad("auto"),
            Self::Cpu => f.pad("cpu"),
            Self::Cuda(number) => f.pad(&format!("cuda:{number}")),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| Error::invalid(format!("device `{text}`: use auto, cpu or cuda:N"))),
        }
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        choice.to_string()
    }
}

/// The linker drops libtorch's CUDA library from programs that name none of its symbols; opening it registers its kernels.
static LIBTORCH_CUDA: LazyLock<Result<Library, String>> = LazyLock::new(open_libtorch_cuda);

#[cfg(unix)]
type Library = libloading::os::unix::Library;
#[cfg(not(unix))]
type Library = libloading::Library;

#[cfg(unix)]
#[allow(unsafe_code)]
fn open_libtorch_cuda() -> Result<Library, String> {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
    // SAFETY: the library belongs to the libtorch that is already linked, its initializers only register kernels, and it
    // is never unloaded.
    unsafe { Library::open(Some("libtorch_cuda.so"), RTLD_NOW | RTLD_GLOBAL) }
        .map_err(|error| error.to_string())
}

#[cfg(not(unix))]
#[allow(unsafe_code)]
fn open_libtorch_cuda() -> Result<Library, String> {
    // SAFETY: as on Unix.
    unsafe { Library::new("torch_cuda") }.map_err(|error| error.to_string())
}

/// Whether libtorch has its CUDA part and sees a GPU.
pub fn cuda_available() -> bool {
    LIBTORCH_CUDA.is_ok() && Cuda::is_available()
}

/// Bytes that are free on a CUDA device; `None` for the CPU, and where the CUDA runtime does not tell.
#[allow(unsafe_code)]
pub(crate) fn free_memory(device: Device) -> Option<usize> {
    let (Device::Cuda(number), Ok(library)) = (device, &*LIBTORCH_CUDA) else { return None };
    let (mut free, mut total) = (0, 0);
    // SAFETY: these are the types of the functions of the CUDA runtime, which libtorch's CUDA part links and which therefore
    // stays loaded.
    let failed = unsafe {
        let select = library.get::<unsafe extern "C" fn(i32) -> i32>(b"cudaSetDevice").ok()?;
        let ask =
            library.get::<unsafe extern "C" fn(*mut usize, *mut usize) -> i32>(b"cudaMemGetInfo").ok()?;
        select(number as i32) != 0 || ask(&raw mut free, &raw mut total) != 0
    };
    (!failed).then_some(free)
}

/// Whether CUDA devices may round the factors of products in 32 bits to TF32 (10 bits after the point); for the whole process.
/// Libtorch itself does so in convolutions and not in matrix products.
///
/// # Errors
/// [`Error::Device`] where this libtorch has no such switch.
pub(crate) fn allow_tf32(allow: bool) -> Result<()> {
    let context = Context::find()
        .ok_or_else(|| Error::Device("this libtorch has no switch for TF32 that is known".to_owned()))?;
    context.allow_tf32(allow);
    Ok(())
}

/// Libtorch's global settings, of which tch has no others than cuDNN's.
struct Context {
    itself: *mut std::ffi::c_void,
    setters: [unsafe extern "C" fn(*mut std::ffi::c_void, bool); 2],
}

#[allow(unsafe_code)]
impl Context {
    fn find() -> Option<Self> {
        #[cfg(unix)]
        let program = libloading::os::unix::Library::this();
        #[cfg(not(unix))]
        let program = libloading::os::windows::Library::this().ok()?;
        // SAFETY: `at::Context& at::globalContext()` and `void at::Context::setAllowTF32..(bool)` under the names and the calling
        // convention of the Itanium ABI. Where another compiler made libtorch, the names are not found. The context lives as
        // long as the process.
        unsafe {
            let global = program
                .get::<unsafe extern "C" fn() -> *mut std::ffi::c_void>(b"_ZN2at13globalContextEv")
                .ok()?;
            let products = program.get(b"_ZN2at7Context18setAllowTF32CuBLASEb").ok()?;
            let convolutions = program.get(b"_ZN2at7Context17setAllowTF32CuDNNEb").ok()?;
            Some(Self { itself: global(), setters: [*products, *convolutions] })
        }
    }

    fn allow_tf32(&self, allow: bool) {
        for setter in self.setters {
            // SAFETY: see `find`.
            unsafe { setter(self.itself, allow) };
        }
    }
}

/// Lets the process keep the memory that libtorch gives back, where the C library can. Each batch asks for the same gigabytes
/// again, and handing them out anew costs the kernel a third of a pass through a network.
pub fn keep_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code)]
    // SAFETY: these settings of malloc may be changed at any time, and neither changes what it promises.
    unsafe {
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, -1);
    }
}

/// Sets the number of CPU threads that libtorch uses within an operation, for the whole process.
pub fn set_threads(threads: usize) {
    tch::set_num_threads(threads.clamp(1, 1024) as i32);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for name in ["auto", "cpu", "cuda:3"] {
            assert_eq!(name.parse::<DeviceChoice>().unwrap().to_string(), name);
        }
        assert!("gpu".parse::<DeviceChoice>().is_err());
    }

    #[test]
    fn absent_device_is_named() {
        let error = DeviceChoice::Cuda(99).open().unwrap_err().to_string();
        assert!(error.starts_with("cuda:99"), "{error}");
    }
    /// The switch is found under its name in this libtorch, also without a GPU.
    #[test]
    #[allow(unsafe_code)]
    fn tf32_can_be_switched() {
        let context = Context::find().unwrap();
        let program = libloading::os::unix::Library::this();
        // SAFETY: `bool at::Context::allowTF32CuBLAS() const`; see `Context::find`.
        let allowed = || unsafe {
            let getter = b"_ZNK2at7Context15allowTF32CuBLASEv";
            program.get::<unsafe extern "C" fn(*mut std::ffi::c_void) -> bool>(getter).unwrap()(
                context.itself,
            )
        };
        for allow in [true, false] {
            context.allow_tf32(allow);
            assert_eq!(allowed(), allow);
        }
    }
}
