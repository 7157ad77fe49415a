//! awsQuery: the parameter `Action` chooses the operation, the input is a flat form, the answer is
//! XML.

mod decode;
mod encode;
mod errors;
mod route;
#[cfg(test)]
mod tests;
mod xml;

pub(crate) use decode::{Dialect, decode, decode_in};
pub(crate) use encode::{XML, encode, structure};
pub(crate) use errors::encode_error;
pub(crate) use route::{FORM, parameter, route};
pub(crate) use xml::{element, text};
