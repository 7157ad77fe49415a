//! Who calls? Reads the signature's claim, and in strict mode verifies it.
//!
//! In development mode any access key is taken at its word by AWS calls: keys that are stored
//! stand for their owner, all others for the default account. Traffic of methods that ask for
//! `AWS_IAM` is verified in both modes, by the gateway. In strict mode a signature must verify
//! against a stored key, a session, or the configured root credentials; everything else is
//! refused.

use base::{Secret, Timestamp};
use identities::{Distrust, Holder};
use sigv4::{CredentialScope, Payload, SignatureError, Signed, SigningKeys};
use wire::{CommonError, ServiceError};

use crate::call::{Caller, Failure, Outcome, Plane};
use crate::web_pages;

/// The account that unknown access keys stand for in development mode.
pub(crate) const DEFAULT_ACCOUNT: &str = "000000000000";

/// How callers are known.
pub struct Authentication {
    mode: Mode,
    signing_keys: SigningKeys,
    /// The gateway's names, besides those that nobody else can have.
    hosts: Vec<String>,
}

enum Mode {
    Development,
    Strict { root: Option<RootCredentials> },
}

/// The root user's keys, from the operator's configuration.
#[derive(Clone, Debug)]
pub struct RootCredentials {
    /// The account they open; 12 digits.
    pub account: String,
    /// The access key id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: Secret,
}

impl RootCredentials {
    /// The root user, with these keys.
    pub(crate) fn holder(&self) -> Holder {
        Holder::root(&self.account, &self.access_key_id, self.secret_access_key.clone())
    }
}

impl Authentication {
    /// Any key is accepted; signatures are not verified.
    #[must_use]
    pub fn development() -> Self {
        Self { mode: Mode::Development, signing_keys: SigningKeys::default(), hosts: Vec::new() }
    }

    /// Signatures are verified. `root` are the keys by which the first users are made; without
    /// them only keys that are already stored open anything.
    #[must_use]
    pub fn strict(root: Option<RootCredentials>) -> Self {
        Self { mode: Mode::Strict { root }, signing_keys: SigningKeys::default(), hosts: Vec::new() }
    }

    /// The same for a gateway that is called by these names too. In development mode it is called by no
    /// other that a stranger could have.
    #[must_use]
    pub fn by_names(self, hosts: Vec<String>) -> Self {
        Self { hosts, ..self }
    }

    /// Whether callers are held to their policies.
    pub(crate) fn is_strict(&self) -> bool {
        matches!(self.mode, Mode::Strict { .. })
    }

    /// The root user, if there is one.
    pub(crate) fn root_credentials(&self) -> Option<&RootCredentials> {
        match &self.mode {
            // An empty secret would be everybody's.
            Mode::Strict { root } => root.as_ref().filter(|root| !root.secret_access_key.expose().is_empty()),
            Mode::Development => None,
        }
    }

    fn root(&self, access_key_id: &str) -> Option<&RootCredentials> {
        self.root_credentials().filter(|root| root.access_key_id == access_key_id)
    }
}

/// What a signature says of its signer, not yet believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The access key id.
    pub(crate) access_key_id: String,
    /// The region the request is signed for.
    pub(crate) region: String,
    /// The service the request is signed for.
    pub(crate) service: String,
}

impl From<CredentialScope> for Claim {
    fn from(scope: CredentialScope) -> Self {
        Self { access_key_id: scope.access_key_id, region: scope.region, service: scope.service }
    }
}

/// The longest name of a region. AWS's have up to 14 letters; people make up others.
const REGION_LENGTH: usize = 64;

/// Reads the claim of `request`; `None` if it is not signed.
///
/// # Errors
/// `IncompleteSignatureException` if there is a signature of which parts are missing;
/// `InvalidSignatureException` if its region cannot be one. Regions become parts of ARNs, in
/// which policies look for colons and slashes.
pub(crate) fn claim(request: &wire::Request) -> Result<Option<Claim>, ServiceError> {
    let Some(scope) = sigv4::credential_scope(request.headers(), request.query()).map_err(refusal)? else {
        return Ok(None);
    };
    let is_region = |name: &str| {
        name.len() <= REGION_LENGTH && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c))
    };
    if !is_region(&scope.region) {
        return Err(ServiceError::invalid_signature("Credential should be scoped to a valid region. "));
    }
    Ok(Some(scope.into()))
}

/// The caller behind `claim`.
///
/// # Errors
/// In strict mode for unknown and inactive keys, sessions that have expired or whose role is
/// gone, and signatures that do not verify.
pub(crate) async fn caller(
    plane: &Plane,
    authentication: &Authentication,
    request: &wire::Request,
    claim: &Claim,
    now: Timestamp,
) -> Outcome<Caller> {
    web_pages::refuse(request)?;
    if !authentication.is_strict() {
        web_pages::check_host(request, &authentication.hosts)?;
    }
    let holder = match authentication.root(&claim.access_key_id) {
        Some(root) => Some(root.holder()),
        None if !Holder::may_have(&claim.access_key_id) => None,
        None => {
            let key = claim.access_key_id.clone();
            plane.store.read(move |tx| Holder::find(tx, &key)).await.map_err(Failure::Store)?
        }
    };
    if !authentication.is_strict() {
        let unknown = || Caller::root(DEFAULT_ACCOUNT, &*claim.access_key_id);
        return Ok(holder.map_or_else(unknown, |holder| holder.caller));
    }
    let Some(holder) = holder else {
        return Err(ServiceError::unrecognized_client().into());
    };
    holder.usable(now).map_err(distrusted)?;
    let request_line = sigv4::Request::new(request.method(), request.uri(), request.headers());
    let signed = Signed::read(request_line, now).map_err(refusal)?;
    let payload = Payload::Bytes(request.body());
    let proved = holder.verify(signed, payload, &authentication.signing_keys, now).map_err(distrusted)?;
    if Claim::from(proved) != *claim {
        // What was looked up by is not what was signed.
        return Err(ServiceError::invalid_signature(SignatureError::Mismatch.to_string()).into());
    }
    Ok(holder.caller)
}

fn distrusted(why: Distrust) -> ServiceError {
    match why {
        Distrust::UnknownKey => ServiceError::unrecognized_client(),
        Distrust::Expired => ServiceError::expired_token(),
        Distrust::Signature(error) => refusal(error),
    }
}

fn refusal(error: SignatureError) -> ServiceError {
    let text = error.to_string();
    ServiceError::common(
        match error.code() {
            "MissingAuthenticationTokenException" => CommonError::MissingAuthenticationToken,
            "IncompleteSignatureException" => CommonError::IncompleteSignature,
            "UnrecognizedClientException" => CommonError::UnrecognizedClient,
            _ => CommonError::InvalidSignature,
        },
        text,
    )
}
