//! Functions as real processes: Python, Node.js and a shell script as `bootstrap`, run as the
//! gateway runs them. Needs python3 and node on the PATH.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bench;
mod failures;
mod invoking;
mod lives;
mod node;
mod pool;
mod provided;
mod python;
mod streaming;
