//! Any bytes as a function's zip file.

pub(crate) fn run(zip: &[u8]) {
    let _ = functions::package::check(zip);
}
