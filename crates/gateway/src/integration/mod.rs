//! Where a request goes: one folder for each kind of backend.

pub mod http;
