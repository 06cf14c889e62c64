//! Programs and tests that link libtorch find it at run time through this path.

fn main() {
    // torch-sys hands the folder over to packages that depend on it directly.
    if let Ok(folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
