//! The doors between the planes. The gateway, the control plane, the functions and the log
//! store do not know each other; where one needs another it holds a trait of this crate, and
//! the server hands it the implementation. One trait a file.

pub mod aws_calls;
pub mod connections;
pub mod credentials;
pub mod deployments;
pub mod functions;
pub mod identities;
pub mod log_sink;
pub mod test_invoke;

use std::future::Future;
use std::pin::Pin;

/// An answer that is still to come. Free of any runtime's types, and may be awaited on
/// another runtime than the one that computes it.
pub type Pending<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;
