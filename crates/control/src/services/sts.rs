//! STS: who am I, and temporary credentials of a role. What is issued is stored, because
//! signatures made with it are verified here.

use std::sync::Arc;
use std::time::Duration;

use api::sts::operations as op;
use api::sts::{
    AssumeRoleRequest, AssumeRoleResponse, AssumedRoleUser, Credentials, GetCallerIdentityRequest,
    GetCallerIdentityResponse,
};
use base::{Arn, Clock, Random, Scope, Secret, Timestamp, ids};
use documents::iam::{RoleDocument, SessionDocument};
use policy::{Decision, Policy, Request};
use ports::Pending;
use ports::credentials::{CredentialError, CredentialIssuer, SessionCredentials};
use store::{Key, Store, StoreFault, Transaction};
use wire::ServiceError;

use crate::Registry;
use crate::authorize;
use crate::call::{Call, Failure, Outcome};
use crate::trust;

pub(super) fn register(registry: &mut Registry) {
    registry.read(op::GetCallerIdentity, get_caller_identity).write(op::AssumeRole, assume_role);
}

/// Seconds; what a session lasts if nothing else is said (STS API reference, `AssumeRole`).
const DEFAULT_DURATION: i32 = 3600;

/// Expired sessions are removed when new ones are made, this many at a time.
const SWEPT_AT_ONCE: usize = 100;

fn get_caller_identity(
    call: &mut Call<'_, '_>,
    _: &GetCallerIdentityRequest,
) -> Outcome<GetCallerIdentityResponse> {
    let caller = &call.context.caller;
    Ok(GetCallerIdentityResponse {
        user_id: Some(caller.user_id.clone()),
        account: Some(caller.account.clone()),
        arn: Some(caller.arn.clone()),
    })
}

fn assume_role(call: &mut Call<'_, '_>, input: &AssumeRoleRequest) -> Outcome<AssumeRoleResponse> {
    let caller = call.context.caller.clone();
    let denied = || {
        Failure::from(ServiceError::access_denied(format!(
            "User: {} is not authorized to perform: sts:AssumeRole on resource: {}",
            caller.arn, input.role_arn
        )))
    };
    if input.policy.is_some() || input.policy_arns.as_ref().is_some_and(|arns| !arns.is_empty()) {
        // A session with less than its role's rights would have them all.
        let text = "Session policies are not built yet: the session would have all rights of the role.";
        return Err(ServiceError::validation(text).into());
    }
    let arn: Arn = input
        .role_arn
        .parse()
        .map_err(|_| ServiceError::validation(format!("{} is invalid", input.role_arn)))?;
    let scope = Scope::global(&arn.account);
    let role = role_at(call.tx, &scope, &input.role_arn)?.ok_or_else(denied)?;
    let request = Request::new(caller.principal(), "sts:AssumeRole", &input.role_arn);
    let identity = authorize::identity_policies(call.tx, &caller)?.ok_or_else(denied)?;
    let trust = trust::policy(&role).ok_or_else(denied)?;
    let identity: Vec<&Policy> = identity.iter().collect();
    let allowed = policy::authorize_assume_role(&identity, &trust, &arn.account, &request) == Decision::Allow;
    if !allowed {
        return Err(denied());
    }
    let seconds = input.duration_seconds.unwrap_or(DEFAULT_DURATION);
    if seconds > role.role.max_session_duration.unwrap_or(DEFAULT_DURATION) {
        let text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(ServiceError::validation(text).into());
    }
    let duration = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
    let session = start_session(
        call.tx,
        &scope,
        &role,
        &input.role_session_name,
        call.context.now,
        duration,
        &call.plane.random,
    )?;
    Ok(AssumeRoleResponse {
        assumed_role_user: Some(AssumedRoleUser {
            assumed_role_id: format!("{}:{}", session.role_id, session.session_name),
            arn: format!(
                "arn:aws:sts::{}:assumed-role/{}/{}",
                arn.account, role.role.role_name, session.session_name
            ),
        }),
        credentials: Some(Credentials {
            access_key_id: session.access_key_id,
            secret_access_key: session.secret_access_key.expose().to_owned(),
            session_token: session.session_token.expose().to_owned(),
            expiration: session.expiration,
        }),
        packed_policy_size: None,
        source_identity: None,
    })
}

fn role_at(tx: &mut Transaction<'_>, scope: &Scope, arn: &str) -> Result<Option<RoleDocument>, StoreFault> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let role = tx.get::<RoleDocument>(scope, &Key::new([name]))?;
    Ok(role.filter(|role| role.role.arn == arn))
}

/// Makes and stores a session of `role`.
fn start_session(
    tx: &mut Transaction<'_>,
    scope: &Scope,
    role: &RoleDocument,
    name: &str,
    now: Timestamp,
    duration: Duration,
    random: &Random,
) -> Result<SessionDocument, StoreFault> {
    let oldest = tx.list_page::<SessionDocument>(scope, &Key::root(), None, SWEPT_AT_ONCE)?;
    for (key, session) in oldest.items {
        if session.expiration <= now {
            tx.delete::<SessionDocument>(scope, &key)?;
        }
    }
    let session = SessionDocument {
        access_key_id: ids::iam_id(random, "ASIA"),
        secret_access_key: Secret::new(ids::secret_access_key(random)),
        session_token: Secret::new(random.text(344, TOKEN_LETTERS)),
        role_arn: role.role.arn.clone(),
        role_id: role.role.role_id.clone(),
        session_name: name.to_owned(),
        expiration: now.plus(duration).truncated_to_secs(),
    };
    tx.put(scope, &Key::new([&*session.access_key_id]), &session)?;
    Ok(session)
}

const TOKEN_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Credentials of roles for services, out of the same store.
#[derive(Clone)]
pub struct RoleCredentials {
    store: Store,
    clock: Clock,
    random: Random,
}

impl RoleCredentials {
    /// An issuer over `store`.
    #[must_use]
    pub fn new(store: Store, clock: Clock, random: Random) -> Arc<Self> {
        Arc::new(Self { store, clock, random })
    }
}

/// Why a session could not be started, inside the transaction.
enum Refused {
    Credentials(CredentialError),
    Store(StoreFault),
}

impl From<StoreFault> for Refused {
    fn from(fault: StoreFault) -> Self {
        Self::Store(fault)
    }
}

impl CredentialIssuer for RoleCredentials {
    fn issue(
        &self,
        scope: &Scope,
        role_arn: &str,
        service: &str,
        session_name: &str,
        duration: Duration,
    ) -> Pending<Result<SessionCredentials, CredentialError>> {
        let Self { store, clock, random } = self.clone();
        let scope = scope.to_global();
        let (arn, service, name) = (role_arn.to_owned(), service.to_owned(), session_name.to_owned());
        Box::pin(async move {
            let role_arn = arn.clone();
            let started = store
                .write(move |tx| {
                    let unknown = || CredentialError::UnknownRole { role: arn.clone() };
                    let role = role_at(tx, &scope, &arn)?.ok_or_else(|| Refused::Credentials(unknown()))?;
                    if !trust::trusts(&role, &service) {
                        let (role, service) = (arn.clone(), service.clone());
                        return Err(Refused::Credentials(CredentialError::NotTrusted { role, service }));
                    }
                    Ok(start_session(tx, &scope, &role, &name, clock.now(), duration, &random)?)
                })
                .await;
            match started {
                Ok((session, _)) => Ok(SessionCredentials {
                    access_key_id: session.access_key_id,
                    secret_access_key: session.secret_access_key,
                    session_token: session.session_token,
                    expiration: session.expiration,
                }),
                Err(Refused::Credentials(error)) => Err(error),
                Err(Refused::Store(fault)) => {
                    Err(CredentialError::Store { role: role_arn, why: fault.to_string() })
                }
            }
        })
    }
}
