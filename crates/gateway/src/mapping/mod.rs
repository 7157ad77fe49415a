//! From what the client sent to what the integration sees, and back: parameters, headers,
//! templates, bodies.

pub mod alike;
pub mod coding;
pub mod headers;
pub mod media;
pub mod parameters;
pub mod payload;
pub mod query;
pub mod responses;
pub mod source;
pub mod templates;
pub mod xml;
