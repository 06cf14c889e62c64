//! Programs and tests that link libtorch find it at run time through what is said here.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    // torch-sys hands the folder over to packages that depend on it directly.
    let Some(libtorch) = env::var_os("DEP_TCH_LIBTORCH_LIB") else { return Ok(()) };
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", Path::new(&libtorch).display());

    if let Ok(version) = fs::read_to_string(Path::new(&libtorch).join("../build-version")) {
        println!("cargo:rustc-env=MEMAE_LIBTORCH={}", version.trim());
    }

    // Documentation tests take no link arguments. Cargo lets what it runs find libraries in search folders
    // below `target`, so a link there serves them.
    let link = Path::new(&env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?).join("libtorch");
    match fs::remove_file(&link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(libtorch, &link)?;
    println!("cargo:rustc-link-search=native={}", link.display());
    Ok(())
}
