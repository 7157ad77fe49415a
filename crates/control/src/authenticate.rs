//! Who calls? Reads the signature's claim, and in strict mode verifies it.
//!
//! In development mode any access key is taken at its word: keys that are stored stand for
//! their owner, all others for the default account. In strict mode a signature must verify
//! against a stored key, a session, or the configured root credentials; everything else is
//! refused.

use std::ops::RangeInclusive;

use base::{Scope, Secret, Timestamp};
use documents::iam::{AccessKeyDocument, RoleDocument, SessionDocument, UserDocument};
use sigv4::{CredentialScope, Credentials, Payload, SignatureError, SigningKeys};
use store::{Key, StoreFault, Transaction};
use wire::{CommonError, ServiceError};

use crate::call::{Caller, Failure, Identity, Outcome, Plane};

/// The account that unknown access keys stand for in development mode.
pub(crate) const DEFAULT_ACCOUNT: &str = "000000000000";

/// How callers are known.
pub struct Authentication {
    mode: Mode,
    signing_keys: SigningKeys,
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

impl Authentication {
    /// Any key is accepted; signatures are not verified.
    #[must_use]
    pub fn development() -> Self {
        Self { mode: Mode::Development, signing_keys: SigningKeys::default() }
    }

    /// Signatures are verified. `root` are the keys by which the first users are made; without
    /// them only keys that are already stored open anything.
    #[must_use]
    pub fn strict(root: Option<RootCredentials>) -> Self {
        Self { mode: Mode::Strict { root }, signing_keys: SigningKeys::default() }
    }

    /// Whether callers are held to their policies.
    pub(crate) fn is_strict(&self) -> bool {
        matches!(self.mode, Mode::Strict { .. })
    }

    fn root(&self, access_key_id: &str) -> Option<&RootCredentials> {
        match &self.mode {
            // An empty secret would be everybody's.
            Mode::Strict { root: Some(root) }
                if root.access_key_id == access_key_id && !root.secret_access_key.expose().is_empty() =>
            {
                Some(root)
            }
            Mode::Strict { .. } | Mode::Development => None,
        }
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

/// How long the ids of access keys are (IAM API reference, `AccessKey`).
const KEY_ID_LENGTH: RangeInclusive<usize> = 16..=128;

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
    let holder = match authentication.root(&claim.access_key_id) {
        Some(root) => Some(Holder {
            caller: Caller::root(&*root.account, &*claim.access_key_id),
            secret: root.secret_access_key.clone(),
            session: None,
            active: true,
        }),
        None => {
            let key = claim.access_key_id.clone();
            plane.store.read(move |tx| holder_of(tx, &key)).await.map_err(Failure::Store)?
        }
    };
    if !authentication.is_strict() {
        let unknown = || Caller::root(DEFAULT_ACCOUNT, &*claim.access_key_id);
        return Ok(holder.map_or_else(unknown, |holder| holder.caller));
    }
    let Some(holder) = holder.filter(|holder| holder.active) else {
        return Err(ServiceError::unrecognized_client().into());
    };
    let mut credentials = Credentials::new(&*claim.access_key_id, holder.secret.expose());
    if let Some((token, expiration)) = &holder.session {
        if *expiration <= now {
            return Err(ServiceError::expired_token().into());
        }
        credentials = credentials.with_session_token(token.expose());
    }
    let signed = sigv4::Request::new(request.method(), request.uri(), request.headers());
    let payload = Payload::Bytes(request.body());
    let proved =
        sigv4::verify(&signed, payload, &credentials, &authentication.signing_keys, now).map_err(refusal)?;
    if Claim::from(proved) != *claim {
        // What was looked up by is not what was signed.
        return Err(ServiceError::invalid_signature(SignatureError::Mismatch.to_string()).into());
    }
    Ok(holder.caller)
}

/// A stored key and whose it is.
struct Holder {
    caller: Caller,
    secret: Secret,
    session: Option<(Secret, Timestamp)>,
    active: bool,
}

/// The holder of a stored key; `None` also for a key whose user, and for a session whose role,
/// is gone. A role of the same name that was made since is another one.
fn holder_of(tx: &mut Transaction<'_>, access_key_id: &str) -> Result<Option<Holder>, StoreFault> {
    let is_plausible = KEY_ID_LENGTH.contains(&access_key_id.len())
        && access_key_id.bytes().all(|c| c.is_ascii_alphanumeric());
    if !is_plausible {
        return Ok(None);
    }
    let key = Key::new([access_key_id]);
    if let Some((scope, session)) = tx.find_anywhere::<SessionDocument>(&key)?.pop() {
        return holder_of_session(tx, &scope, session);
    }
    let Some((scope, document)) = tx.find_anywhere::<AccessKeyDocument>(&key)?.pop() else {
        return Ok(None);
    };
    let Some(owner) = tx.get::<UserDocument>(&scope, &Key::new([&*document.user_name]))? else {
        return Ok(None);
    };
    let identity = Identity::User { arn: owner.user.arn, id: owner.user.user_id, name: document.user_name };
    let caller =
        Caller { account: scope.account().to_owned(), identity, access_key_id: document.access_key_id };
    Ok(Some(Holder { caller, secret: document.secret_access_key, session: None, active: document.active }))
}

fn holder_of_session(
    tx: &mut Transaction<'_>,
    scope: &Scope,
    session: SessionDocument,
) -> Result<Option<Holder>, StoreFault> {
    let role_name = session.role_arn.rsplit('/').next().unwrap_or_default().to_owned();
    let role = tx.get::<RoleDocument>(scope, &Key::new([&*role_name]))?;
    if role.is_none_or(|role| role.role.role_id != session.role_id) {
        return Ok(None);
    }
    let caller = Caller {
        account: scope.account().to_owned(),
        identity: Identity::Session {
            arn: session.arn(scope.account()),
            id: session.id(),
            role_arn: session.role_arn,
            role_name,
            issued: session.issued,
        },
        access_key_id: session.access_key_id,
    };
    let session_terms = Some((session.session_token, session.expiration));
    Ok(Some(Holder { caller, secret: session.secret_access_key, session: session_terms, active: true }))
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
