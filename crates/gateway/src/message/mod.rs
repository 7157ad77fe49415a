//! HTTP messages as the gateway hands them from step to step: the shapes of the `http` crate with a list of
//! headers in place of its hash map. Where a library wants that one (HTTP/2, AWS calls), a message is converted.

mod headers;
mod lines;
mod request;
mod response;
mod shown;

pub use headers::{Headers, IntoName, MOST_LINES, Named};
pub use lines::{IntoLines, Lines};
pub use request::{Parts as RequestParts, Request};
pub use response::{Parts as ResponseParts, Response};
