//! awsJson1.0 and 1.1: the header `X-Amz-Target` chooses the operation, everything else is in a JSON
//! body.

mod decode;
mod encode;
mod errors;
mod route;
#[cfg(test)]
mod tests;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(crate) use errors::encode_error;
pub(crate) use route::{route, target};
