//! restJson1: method and path choose the operation; members travel in the path, the query string,
//! headers, the status and a JSON body.

mod decode;
mod encode;
mod errors;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(crate) use errors::encode_error;
pub(crate) use route::route;
