//! The whole crate against the answers of the library, and under hostile input.

mod against_the_library;
mod properties;
