//! Any bytes as a function's zip file.
#![no_main]

libfuzzer_sys::fuzz_target!(|zip: &[u8]| {
    let _ = functions::package::check(zip);
});
