//! Any bytes as a NIfTI file.

#![no_main]

#[path = "../../tests/any_file/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::any_file(bytes));
