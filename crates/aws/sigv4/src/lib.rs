//! AWS Signature Version 4: who claims to have signed a request, whether it is true, and how
//! to sign one.
//!
//! - [`credential_scope`] reads the claim without checking it: access key, date, region and
//!   service decide where a call goes even where signatures are not verified.
//! - [`verify`] checks a signature in the `Authorization` header or in the query (presigned);
//!   [`Signed`] does it in two steps, for those who look the key up, or read the body, in between.
//! - [`sign`] and [`presign`] make them.
//!
//! The rules are those of the IAM user guide, "AWS Signature Version 4 for API requests", and
//! what AWS's own signer (botocore) sends. Signature Version 4A (ECDSA) is refused.

mod authorization;
mod canonical;
mod credentials;
mod error;
mod presign;
mod request;
mod scope;
mod sign;
mod signing_key;
mod timestamp;
#[cfg(test)]
mod vectors;
mod verify;

pub use credentials::{Credentials, Secret};
pub use error::{Missing, SignatureError, SigningError};
pub use presign::{MAX_EXPIRES, presign};
pub use request::{Payload, Request};
pub use scope::{CredentialScope, credential_scope};
pub use sign::sign;
pub use signing_key::{SigningKey, SigningKeys};
pub use timestamp::MAX_SKEW;
pub use verify::{Signed, verify};

/// The only algorithm that is signed and verified.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";
