//! A function's package on its way in: read before the transaction that stores it, because that
//! takes time.

use std::sync::Arc;

use api::Blob;
use bytes::Bytes;
use ports::functions::PackageFacts;
use wire::ServiceError;

use super::invalid;
use crate::call::{Failure, Outcome, Plane};

/// Bytes of a package that is sent in a request (Lambda quotas, "Deployment package"). What is
/// larger goes through S3 at AWS.
const ZIPPED: usize = 52_428_800;

/// A package that has been read.
#[derive(Clone)]
pub(super) struct Package {
    pub(super) zip: Bytes,
    pub(super) facts: PackageFacts,
}

/// Reads the zip file that a request carries; packages in S3 and images are not built.
pub(super) async fn read(plane: &Plane, zip: Option<&Blob>, in_s3: bool, image: bool) -> Outcome<Package> {
    let zip = match zip {
        _ if in_s3 => return Err(invalid("Code in S3 is not built yet: send the package as ZipFile.")),
        _ if image => {
            return Err(invalid("Container images are not built yet: send the package as ZipFile."));
        }
        Some(zip) => zip.0.clone(),
        None => return Err(invalid("Please provide a source for function code.")),
    };
    if zip.len() > ZIPPED {
        return Err(invalid(format!("Zipped size must be smaller than {ZIPPED} bytes")));
    }
    let (functions, to_check) = (Arc::clone(&plane.functions), zip.clone());
    // On a thread that may block.
    let checked = tokio::task::spawn_blocking(move || functions.check_package(&to_check)).await;
    let facts = checked
        .map_err(|why| {
            tracing::error!(%why, "reading a package was cut short");
            Failure::from(ServiceError::internal_failure())
        })?
        .map_err(|refused| invalid(refused.to_string()))?;
    Ok(Package { zip, facts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_frame::Frame;

    /// Lambda quotas, "Deployment package": 50 MB in a request. Text: recorded from AWS.
    #[test]
    fn a_package_ends_at_fifty_megabytes() {
        let frame = Frame::new();
        let of_size = |size: usize| {
            let mut zip = b"PK".to_vec();
            zip.resize(size, 0);
            frame.block_on(read(&frame.plane, Some(&zip.into()), false, false))
        };
        assert_eq!(of_size(52_428_800).unwrap().facts.size, 52_428_800);
        let Err(Failure::Service(refused)) = of_size(52_428_801) else { panic!("it was taken") };
        assert_eq!(refused.message(), Some("Zipped size must be smaller than 52428800 bytes"));
    }
}
