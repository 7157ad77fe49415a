//! Documents of Certificate Manager: certificates that custom domain names are served with.

use api::acm::CertificateDetail;
use base::{Secret, Timestamp};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use store::Document;

/// A certificate, imported or issued here. Key: its id, the last part of its ARN
/// (`arn:aws:acm:{region}:{account}:certificate/{id}`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificateDocument {
    /// As `DescribeCertificate` answers. `in_use_by` is kept by those who use the certificate,
    /// each with an ARN of its own.
    pub detail: CertificateDetail,
    /// The certificate, its chain and its key.
    pub identity: TlsIdentity,
    /// Tags.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub tags: IndexMap<String, String>,
    /// What the one who requested the certificate may ask again with, without getting another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestToken>,
}

impl Document for CertificateDocument {
    const COLLECTION: &'static str = "acm/certificates";
}

/// What a server shows of itself in a TLS handshake, and proves it with. All PEM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsIdentity {
    /// The server's own certificate.
    pub certificate: String,
    /// Those that vouch for it, each for the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// The key of the first; PKCS #8, PKCS #1 or SEC 1.
    pub private_key: Secret,
}

/// The idempotency token of a `RequestCertificate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestToken {
    /// The token.
    pub token: String,
    /// When it was used.
    pub used: Timestamp,
}
