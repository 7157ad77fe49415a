//! awsQuery: the parameter `Action` chooses the operation, the input is a flat form, the answer is
//! XML.

mod decode;
mod encode;
mod errors;
mod route;
#[cfg(test)]
mod tests;
mod xml;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(crate) use errors::encode_error;
pub(crate) use route::{FORM, parameter, route};
