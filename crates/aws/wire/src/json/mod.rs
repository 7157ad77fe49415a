//! JSON bodies and the canonical value: reading with AWS's type errors, writing with the wire's
//! names.

mod read;
mod write;

pub(crate) use read::{read, scalar};
pub(crate) use write::{text, write, write_structure};
