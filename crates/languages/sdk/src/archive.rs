//! A zip archive whose bytes depend on nothing but what is in it.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::SdkFault;

/// Files by their path in the archive.
pub(crate) type Files = Vec<(String, String)>;

/// The archive of `files`. All are of the earliest time that zip knows.
pub(crate) fn pack(files: &Files) -> Result<Vec<u8>, SdkFault> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        writer.start_file(path.as_str(), options)?;
        writer.write_all(text.as_bytes())?;
    }
    Ok(writer.finish()?.into_inner())
}
