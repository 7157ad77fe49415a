//! Clients of an API in other languages: what `GetSdk` answers. Pure: a [`Definition`] in, the
//! bytes of a zip archive out, the same bytes for the same definition. Whatever an API's author
//! can choose (paths, names, titles, schemas) comes into the code as a literal or as a name made
//! of letters and digits, never as code.

mod archive;
mod java;
mod javascript;
mod literal;
mod names;
mod operation;
#[cfg(test)]
mod tests;

use openapi::Definition;
use thiserror::Error;

pub use java::{BuildSystem, JavaFault, JavaSettings, java};
pub use javascript::javascript;

/// A stage of an API, as its clients know it.
#[derive(Clone, Copy, Debug)]
pub struct Api<'a> {
    /// The API as it was deployed.
    pub definition: &'a Definition,
    /// `https://{api}.execute-api.{region}.amazonaws.com/{stage}`.
    pub invoke_url: &'a str,
    /// The region that signed requests are for.
    pub region: &'a str,
}

/// Why there is no archive.
#[derive(Debug, Error)]
pub enum SdkFault {
    /// The archive could not be written.
    #[error("the archive could not be written: {0}")]
    Archive(#[from] zip::result::ZipError),
    /// The archive could not be written.
    #[error("the archive could not be written: {0}")]
    Write(#[from] std::io::Error),
}
