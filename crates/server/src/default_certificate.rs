//! What is shown over TLS where no custom domain name is asked for: the operator's certificate, or one
//! that is made once and kept.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use base::{Clock, Secret};
use documents::acm::TlsIdentity;
use gateway::tls::EndpointServers;
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

use crate::config::{CertificateFiles, Place};
use crate::fault::Fault;

/// The names of the certificate that is made: those by which a machine calls itself.
const NAMES: [&str; 5] = ["localhost", "*.localhost", "*.execute-api.localhost", "127.0.0.1", "::1"];

/// How long it is valid.
const VALID: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Where it is kept, in the data directory: certificate and key in one file, so that there are never two
/// that do not belong together.
const KEPT: &str = "tls/certificate.pem";

/// The servers for all names that are no custom domain names.
pub(crate) fn servers(given: Option<CertificateFiles>, place: &Place) -> Result<EndpointServers, Fault> {
    let (path, identity) = match (given, place) {
        (Some(files), _) => {
            let identity = TlsIdentity {
                certificate: read(&files.certificate)?,
                chain: None,
                private_key: Secret::new(read(&files.private_key)?),
            };
            (files.certificate, identity)
        }
        (None, Place::Memory) => (KEPT.into(), of_one_text(made(&Clock::system())?)),
        (None, Place::Directory(directory)) => {
            let path = directory.join(KEPT);
            (path.clone(), of_one_text(kept(&path)?))
        }
    };
    EndpointServers::new(&identity).map_err(|why| Fault::Certificate { path, why: why.to_string() })
}

/// Reading passes over what it does not look for.
fn of_one_text(text: String) -> TlsIdentity {
    TlsIdentity { certificate: text.clone(), chain: None, private_key: Secret::new(text) }
}

fn read(path: &Path) -> Result<String, Fault> {
    fs::read_to_string(path).map_err(|why| fault(path, &why))
}

fn fault(path: &Path, why: &dyn std::fmt::Display) -> Fault {
    Fault::Certificate { path: path.to_owned(), why: why.to_string() }
}

/// What is in the file, which is made if it is not there.
fn kept(path: &Path) -> Result<String, Fault> {
    match fs::read_to_string(path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => {}
        read => return read.map_err(|why| fault(path, &why)),
    }
    let text = made(&Clock::system())?;
    write(path, &text).map_err(|why| fault(path, &why))?;
    Ok(text)
}

/// Whole or not at all, and for nobody else to read.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(path);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let unfinished = path.with_extension("new");
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)
}

/// A new certificate that has signed itself, and its key.
fn made(clock: &Clock) -> Result<String, Fault> {
    let failed = |why: rcgen::Error| fault(Path::new(KEPT), &why);
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(NAMES.map(str::to_owned)).map_err(failed)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    let seconds = u64::try_from(clock.now().as_secs()).unwrap_or_default();
    params.not_before = date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    params.not_after = params.not_before + VALID;
    let certificate = params.self_signed(&key).map_err(failed)?;
    Ok(certificate.pem() + &key.serialize_pem())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_certificate_is_made_once_and_kept_from_others() {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::Directory(directory.path().join("data"));
        servers(None, &place).unwrap();
        let path = directory.path().join("data").join(KEPT);
        let first = fs::read_to_string(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        servers(None, &place).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), first);
        servers(None, &Place::Memory).unwrap();
    }

    #[test]
    fn a_certificate_that_cannot_be_used_is_a_fault() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let made = || made(&Clock::system()).unwrap();
        let (one, other) = (file("one.pem", &made()), file("other.pem", &made()));
        let with = |certificate: &Path, private_key: &Path| {
            let files =
                CertificateFiles { certificate: certificate.to_owned(), private_key: private_key.to_owned() };
            servers(Some(files), &Place::Memory).map(drop).map_err(|fault| fault.to_string())
        };
        assert_eq!(with(&one, &one), Ok(()));
        assert!(with(&one, &other).unwrap_err().contains("one.pem cannot be used"));
        assert!(with(&one, &directory.path().join("none")).unwrap_err().contains("none cannot be used"));
        let empty = file("empty.pem", "");
        assert!(with(&empty, &one).unwrap_err().contains("empty.pem cannot be used"));
    }
}
