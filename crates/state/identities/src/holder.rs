//! Who holds an access key, and the proof of it.

use std::ops::RangeInclusive;

use api::iam::User;
use base::{Scope, Secret, Timestamp};
use documents::iam::{AccessKeyDocument, RoleDocument, SessionDocument, UserDocument};
use sigv4::{CredentialScope, Credentials, Payload, SignatureError, Signed, SigningKeys};
use store::{Key, StoreFault, Transaction};

use crate::{Caller, Identity};

/// How long the ids of access keys are (IAM API reference, `AccessKey`).
const KEY_ID_LENGTH: RangeInclusive<usize> = 16..=128;

/// An access key and whose it is.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Whom the key stands for.
    pub caller: Caller,
    /// Signs requests.
    pub secret: Secret,
    /// What else a session's requests need.
    pub session: Option<SessionTerms>,
    /// An inactive key opens nothing.
    pub active: bool,
}

/// What temporary credentials come with.
#[derive(Clone, Debug)]
pub struct SessionTerms {
    /// Must come with every request.
    pub token: Secret,
    /// When they end.
    pub expiration: Timestamp,
}

/// Why a signature is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// There is no such key, or it is not to be used. AWS does not tell the one from the other.
    #[error("The security token included in the request is invalid.")]
    UnknownKey,
    /// The session has ended.
    #[error("The security token included in the request is expired")]
    Expired,
    /// What is wrong with the signature, in AWS's words.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl Holder {
    /// The root user of `account`, who is not stored.
    #[must_use]
    pub fn root(account: &str, access_key_id: &str, secret: Secret) -> Self {
        Self { caller: Caller::root(account, access_key_id), secret, session: None, active: true }
    }

    /// Of a user's key.
    #[must_use]
    pub fn of_key(scope: &Scope, key: AccessKeyDocument, owner: User) -> Self {
        let identity = Identity::User { arn: owner.arn, id: owner.user_id, name: key.user_name };
        Self {
            caller: Caller {
                account: scope.account().to_owned(),
                identity,
                access_key_id: key.access_key_id,
            },
            secret: key.secret_access_key,
            session: None,
            active: key.active,
        }
    }

    /// Of a session of the role whose unique id is `role_id`; `None` if it is of another one: a
    /// role of the same name that was made since is another role.
    #[must_use]
    pub fn of_session(scope: &Scope, session: SessionDocument, role_id: &str) -> Option<Self> {
        if session.role_id != role_id {
            return None;
        }
        let account = scope.account().to_owned();
        let identity = Identity::Session {
            arn: session.arn(&account),
            id: session.id(),
            role_name: session.role_name().to_owned(),
            role_arn: session.role_arn,
            issued: session.issued,
        };
        Some(Self {
            caller: Caller { account, identity, access_key_id: session.access_key_id },
            secret: session.secret_access_key,
            session: Some(SessionTerms { token: session.session_token, expiration: session.expiration }),
            active: true,
        })
    }

    /// Whether an access key can have this id; without reading anything.
    #[must_use]
    pub fn may_have(access_key_id: &str) -> bool {
        KEY_ID_LENGTH.contains(&access_key_id.len())
            && access_key_id.bytes().all(|c| c.is_ascii_alphanumeric())
    }

    /// The holder of a stored key; `None` also for a key whose user, and for a session whose role,
    /// is gone.
    ///
    /// # Errors
    /// If the store fails.
    pub fn find(tx: &mut Transaction<'_>, access_key_id: &str) -> Result<Option<Self>, StoreFault> {
        if !Self::may_have(access_key_id) {
            return Ok(None);
        }
        let key = Key::new([access_key_id]);
        if let Some((scope, session)) = tx.find_anywhere::<SessionDocument>(&key)?.pop() {
            let role = tx.get::<RoleDocument>(&scope, &Key::new([session.role_name()]))?;
            return Ok(role.and_then(|role| Self::of_session(&scope, session, &role.role.role_id)));
        }
        let Some((scope, document)) = tx.find_anywhere::<AccessKeyDocument>(&key)?.pop() else {
            return Ok(None);
        };
        let owner = tx.get::<UserDocument>(&scope, &Key::new([&*document.user_name]))?;
        Ok(owner.map(|owner| Self::of_key(&scope, document, owner.user)))
    }

    /// What requests are signed with in the holder's name.
    #[must_use]
    pub fn credentials(&self) -> Credentials {
        let credentials = Credentials::new(&*self.caller.access_key_id, self.secret.expose());
        match &self.session {
            Some(terms) => credentials.with_session_token(terms.token.expose()),
            None => credentials,
        }
    }

    /// Holds a signature against this key.
    ///
    /// # Errors
    /// Why it is not believed.
    pub fn verify(
        &self,
        signed: Signed<'_>,
        payload: Payload<'_>,
        keys: &SigningKeys,
        now: Timestamp,
    ) -> Result<CredentialScope, Distrust> {
        self.usable(now)?;
        let mut credentials = Credentials::new(&*self.caller.access_key_id, self.secret.expose());
        if let Some(session) = &self.session {
            credentials = credentials.with_session_token(session.token.expose());
        }
        Ok(signed.verify(payload, &credentials, keys)?)
    }

    /// Whether the key opens anything now, before anything is signed with it.
    ///
    /// # Errors
    /// If it is inactive, or the session has ended.
    pub fn usable(&self, now: Timestamp) -> Result<(), Distrust> {
        // An empty secret would be everybody's.
        if !self.active || self.secret.expose().is_empty() {
            return Err(Distrust::UnknownKey);
        }
        match &self.session {
            Some(session) if session.expiration <= now => Err(Distrust::Expired),
            _ => Ok(()),
        }
    }
}
