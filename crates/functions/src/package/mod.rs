//! Deployment packages: zip archives from strangers. [`check`] is what the control plane asks
//! before it stores one; [`unpack`](unpack::unpack) writes a stored one to disk.

mod directory;
mod entries;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ports::functions::PackageFacts;

pub(crate) use directory::{CodeDirectory, UnpackedCode};

use crate::limits::MAXIMUM_UNPACKED_BYTES;

/// Why a package is refused. `Display` is for the operator; the client gets
/// [`message`](Self::message).
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// There are no bytes, or no entries.
    #[error("the package is empty")]
    Empty,
    /// It is not a zip archive, or a damaged one, or uses what Lambda does not read.
    #[error("the package cannot be read: {why}")]
    Unreadable {
        /// The reader's words.
        why: String,
    },
    /// An entry would land outside of the function's directory, or has no usable name.
    #[error("the package has an entry that may not be unpacked: {name:?}")]
    UnsafeName {
        /// The entry's name.
        name: String,
    },
    /// An entry is a symbolic link, which could lead outside of the function's directory.
    #[error("the package has a symbolic link: {name:?}")]
    SymbolicLink {
        /// The entry's name.
        name: String,
    },
    /// It has more bytes when unpacked than Lambda takes.
    #[error("the package has more than {MAXIMUM_UNPACKED_BYTES} bytes when unpacked")]
    TooLarge,
    /// It has more entries than are unpacked.
    #[error("the package has more than {limit} entries")]
    TooManyEntries {
        /// The most that are unpacked.
        limit: usize,
    },
    /// This machine could not write it.
    #[error("the package cannot be unpacked to {}: {why}", path.display())]
    Unwritable {
        /// The file or directory.
        path: std::path::PathBuf,
        /// The system's words.
        why: std::io::Error,
    },
}

impl PackageError {
    /// The text of Lambda's `InvalidParameterValueException`.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Empty => "Uploaded file must be a non-empty zip".to_owned(),
            Self::TooLarge => format!("Unzipped size must be smaller than {MAXIMUM_UNPACKED_BYTES} bytes"),
            Self::Unreadable { .. }
            | Self::UnsafeName { .. }
            | Self::SymbolicLink { .. }
            | Self::TooManyEntries { .. }
            | Self::Unwritable { .. } => {
                "Could not unzip uploaded file. Please check your file, then try to upload again.".to_owned()
            }
        }
    }
}

/// Reads the whole archive, writing nothing, and answers what Lambda shows of it. Cost: the
/// time to unpack it, up to a second for the largest; call it where blocking is allowed.
pub fn check(zip: &[u8]) -> Result<PackageFacts, PackageError> {
    entries::read(zip, MAXIMUM_UNPACKED_BYTES, &mut entries::Nowhere)?;
    let sha256 = STANDARD.encode(digest(&SHA256, zip));
    Ok(PackageFacts { sha256, size: zip.len() as u64 })
}

#[cfg(test)]
mod tests;
