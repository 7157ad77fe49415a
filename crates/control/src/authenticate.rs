//! Who calls? Reads the signature's claim, and in strict mode verifies it.
//!
//! In development mode any access key is taken at its word: keys that are stored stand for
//! their owner, all others for the default account. In strict mode a signature must verify
//! against a stored key, a session, or the configured root credentials; everything else is
//! refused.

use base::{Secret, Timestamp};
use documents::iam::{AccessKeyDocument, SessionDocument, UserDocument};
use sigv4::{CredentialScope, Credentials, Payload, SignatureError, SigningKeys};
use store::{Key, StoreFault, Transaction};
use wire::{CommonError, ServiceError};

use crate::call::{Caller, Failure, Outcome, Plane};

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
            Mode::Strict { root: Some(root) } if root.access_key_id == access_key_id => Some(root),
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

/// Reads the claim of `request`; `None` if it is not signed.
///
/// # Errors
/// `IncompleteSignatureException` if there is a signature of which parts are missing.
pub(crate) fn claim(request: &wire::Request) -> Result<Option<Claim>, ServiceError> {
    let scope = sigv4::credential_scope(request.headers(), request.query()).map_err(refusal)?;
    Ok(scope.map(|CredentialScope { access_key_id, region, service, .. }| Claim {
        access_key_id,
        region,
        service,
    }))
}

/// The caller behind `claim`.
///
/// # Errors
/// `MissingAuthenticationTokenException` without a claim; in strict mode also for unknown and
/// inactive keys, expired sessions, and signatures that do not verify.
pub(crate) async fn caller(
    plane: &Plane,
    authentication: &Authentication,
    request: &wire::Request,
    claim: &Claim,
    now: Timestamp,
) -> Outcome<Caller> {
    let holder = match authentication.root(&claim.access_key_id) {
        Some(root) => Some(Holder {
            caller: root_of(&root.account, &claim.access_key_id),
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
        let unknown = || root_of(DEFAULT_ACCOUNT, &claim.access_key_id);
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
    sigv4::verify(&signed, Payload::Bytes(request.body()), &credentials, &authentication.signing_keys, now)
        .map_err(refusal)?;
    Ok(holder.caller)
}

/// A stored key and whose it is.
struct Holder {
    caller: Caller,
    secret: Secret,
    session: Option<(Secret, Timestamp)>,
    active: bool,
}

fn holder_of(tx: &mut Transaction<'_>, access_key_id: &str) -> Result<Option<Holder>, StoreFault> {
    let key = Key::new([access_key_id]);
    if let Some((scope, session)) = tx.find_anywhere::<SessionDocument>(&key)?.pop() {
        let role = session.role_arn.rsplit('/').next().unwrap_or_default();
        let caller = Caller {
            account: scope.account().to_owned(),
            arn: format!("arn:aws:sts::{}:assumed-role/{role}/{}", scope.account(), session.session_name),
            user_id: format!("{}:{}", session.role_id, session.session_name),
            role_arn: Some(session.role_arn.clone()),
            access_key_id: access_key_id.to_owned(),
        };
        let session_terms = Some((session.session_token, session.expiration));
        return Ok(Some(Holder {
            caller,
            secret: session.secret_access_key,
            session: session_terms,
            active: true,
        }));
    }
    let Some((scope, document)) = tx.find_anywhere::<AccessKeyDocument>(&key)?.pop() else {
        return Ok(None);
    };
    // A key without its user opens nothing.
    let Some(owner) = tx.get::<UserDocument>(&scope, &Key::new([&*document.user_name]))? else {
        return Ok(None);
    };
    let caller = Caller {
        account: scope.account().to_owned(),
        arn: owner.user.arn,
        user_id: owner.user.user_id,
        role_arn: None,
        access_key_id: access_key_id.to_owned(),
    };
    Ok(Some(Holder { caller, secret: document.secret_access_key, session: None, active: document.active }))
}

fn root_of(account: &str, access_key_id: &str) -> Caller {
    Caller {
        account: account.to_owned(),
        arn: format!("arn:aws:iam::{account}:root"),
        user_id: account.to_owned(),
        role_arn: None,
        access_key_id: access_key_id.to_owned(),
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
