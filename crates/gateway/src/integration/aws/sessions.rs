//! The temporary credentials that integrations sign with: a session for each role, kept until it
//! is about to end, so that no request waits for the store but the first.
//!
//! Whoever follows the store calls [`RoleSessions::forget`] when a role changes, so a role that no
//! longer trusts API Gateway, or is gone, signs no more requests.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base::{Clock, Scope, Timestamp};
use ports::credentials::{CredentialError, CredentialIssuer};
use sigv4::Credentials;

/// Who assumes the roles of integrations.
const SERVICE: &str = "apigateway.amazonaws.com";

/// The name that AWS gives such sessions.
const SESSION_NAME: &str = "BackplaneAssumeRoleSession";

/// How long a session lasts.
const SESSION_TIME: Duration = Duration::from_secs(3_600);

/// How long before its end a session is no longer used: services check it some time after it was
/// signed with.
const SPARE_TIME: Duration = Duration::from_secs(300);

/// How long it is remembered that a role cannot be assumed. A change of the role ends it earlier.
const REFUSED_TIME: Duration = Duration::from_secs(60);

/// How long it is remembered that the store could not be asked.
const FAILED_TIME: Duration = Duration::from_secs(1);

/// Roles that are remembered; above it, what is outdated is forgotten.
const ROLES: usize = 4_096;

/// The role of an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    scope: Scope,
    arn: Box<str>,
    key: Box<str>,
}

/// Sessions by role.
pub struct RoleSessions {
    issuer: Option<Arc<dyn CredentialIssuer>>,
    clock: Clock,
    known: RwLock<HashMap<Box<str>, Arc<Entry>>>,
}

/// What is known of one role.
#[derive(Default)]
struct Entry {
    current: RwLock<Option<Known>>,
    /// Held by the one who asks.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Known {
    outcome: Result<Arc<Credentials>, CredentialError>,
    until: Timestamp,
}

impl Role {
    /// The role `arn` of the account in `scope`. Roles of other accounts are unknown there.
    #[must_use]
    pub fn new(scope: &Scope, arn: &str) -> Self {
        Self { scope: scope.to_global(), arn: arn.into(), key: format!("{} {arn}", scope.account()).into() }
    }

    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }
}

impl RoleSessions {
    /// Sessions that `issuer` issues.
    #[must_use]
    pub fn new(issuer: Arc<dyn CredentialIssuer>, clock: Clock) -> Self {
        Self { issuer: Some(issuer), clock, known: RwLock::default() }
    }

    /// The time to sign at.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Credentials of `role`, if it trusts API Gateway.
    ///
    /// # Errors
    /// Why there are none.
    pub async fn credentials(&self, role: &Role) -> Result<Arc<Credentials>, CredentialError> {
        let entry = self.entry(role);
        if let Some(outcome) = entry.known(self.clock.now()) {
            return outcome;
        }
        let _asking = entry.asking.lock().await;
        // Somebody else may have asked meanwhile.
        if let Some(outcome) = entry.known(self.clock.now()) {
            return outcome;
        }
        let known = self.ask(role).await;
        *entry.current.write().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        known.outcome
    }

    async fn ask(&self, role: &Role) -> Known {
        let Some(issuer) = &self.issuer else {
            let (role, why) = (role.arn.to_string(), "nobody issues credentials".to_owned());
            return Known { outcome: Err(CredentialError::Store { role, why }), until: self.clock.now() };
        };
        let issued = issuer.issue(&role.scope, &role.arn, SERVICE, SESSION_NAME, SESSION_TIME).await;
        let now = self.clock.now();
        match issued {
            Ok(session) => {
                let credentials = Credentials::new(session.access_key_id, session.secret_access_key.expose())
                    .with_session_token(session.session_token.expose());
                Known { outcome: Ok(Arc::new(credentials)), until: earlier(session.expiration) }
            }
            Err(error) => {
                let time = match &error {
                    CredentialError::UnknownRole { .. } | CredentialError::NotTrusted { .. } => REFUSED_TIME,
                    CredentialError::Store { .. } => FAILED_TIME,
                };
                Known { outcome: Err(error), until: now.plus(time) }
            }
        }
    }

    fn entry(&self, role: &Role) -> Arc<Entry> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get(&role.key) {
            return Arc::clone(entry);
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ROLES {
            let now = self.clock.now();
            known.retain(|_, entry| entry.is_current(now));
        }
        Arc::clone(known.entry(role.key.clone()).or_default())
    }

    /// Something about the role `name` of `account` has changed. Who has asked for credentials
    /// before gets what was true then; whoever asks after this call does not.
    pub fn forget(&self, account: &str, name: &str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|key, _| {
            let arn = key.strip_prefix(account).and_then(|rest| rest.strip_prefix(' '));
            arn.is_none_or(|arn| arn.rsplit('/').next() != Some(name))
        });
    }

    /// Anything may have changed.
    pub fn forget_all(&self) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Entry {
    fn known(&self, now: Timestamp) -> Option<Result<Arc<Credentials>, CredentialError>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|known| now < known.until).map(|known| known.outcome.clone())
    }

    fn is_current(&self, now: Timestamp) -> bool {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().is_none_or(|known| now < known.until)
    }
}

/// When a session that ends at `end` is used for the last time.
fn earlier(end: Timestamp) -> Timestamp {
    let spare = i64::try_from(SPARE_TIME.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(end.as_millis().saturating_sub(spare))
}

impl Default for RoleSessions {
    /// Without anybody who issues credentials.
    fn default() -> Self {
        Self { issuer: None, clock: Clock::system(), known: RwLock::default() }
    }
}

impl std::fmt::Debug for RoleSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RoleSessions")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use base::Secret;
    use ports::Pending;
    use ports::credentials::SessionCredentials;

    use super::*;

    /// Counts what it is asked for; trusts no role named `distrustful`.
    struct Issuer {
        clock: Clock,
        asked: AtomicUsize,
    }

    impl CredentialIssuer for Issuer {
        fn issue(
            &self,
            scope: &Scope,
            role_arn: &str,
            service: &str,
            session_name: &str,
            duration: Duration,
        ) -> Pending<Result<SessionCredentials, CredentialError>> {
            assert_eq!((service, session_name), ("apigateway.amazonaws.com", "BackplaneAssumeRoleSession"));
            assert_eq!((scope.account(), scope.region()), ("000000000000", Scope::global("0").region()));
            let number = self.asked.fetch_add(1, Ordering::SeqCst);
            let issued = if role_arn.ends_with("/distrustful") {
                let (role, service) = (role_arn.to_owned(), service.to_owned());
                Err(CredentialError::NotTrusted { role, service })
            } else {
                Ok(SessionCredentials {
                    access_key_id: format!("ASIA{number}"),
                    secret_access_key: Secret::new("secret"),
                    session_token: Secret::new("token"),
                    expiration: self.clock.now().plus(duration),
                })
            };
            Box::pin(async move { issued })
        }
    }

    struct Bench {
        clock: Clock,
        issuer: Arc<Issuer>,
        sessions: RoleSessions,
    }

    impl Bench {
        fn new() -> Self {
            let clock = Clock::standing_at(Timestamp::from_millis(1_721_241_291_500));
            let issuer = Arc::new(Issuer { clock: clock.clone(), asked: AtomicUsize::new(0) });
            let sessions = RoleSessions::new(Arc::clone(&issuer) as Arc<dyn CredentialIssuer>, clock.clone());
            Self { clock, issuer, sessions }
        }

        async fn key(&self, name: &str) -> Result<String, String> {
            let arn = format!("arn:aws:iam::000000000000:role/{name}");
            let role = Role::new(&Scope::new("000000000000", "us-west-2"), &arn);
            let issued = self.sessions.credentials(&role).await;
            issued.map(|credentials| credentials.access_key_id.clone()).map_err(|error| error.to_string())
        }

        fn asked(&self) -> usize {
            self.issuer.asked.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn a_session_is_kept_until_five_minutes_before_its_end() {
        let bench = Bench::new();
        assert_eq!(bench.key("r").await.as_deref(), Ok("ASIA0"));
        bench.clock.advance(Duration::from_secs(3_299));
        assert_eq!(bench.key("r").await.as_deref(), Ok("ASIA0"));
        bench.clock.advance(Duration::from_secs(1));
        assert_eq!(bench.key("r").await.as_deref(), Ok("ASIA1"));
    }

    #[tokio::test]
    async fn a_changed_role_is_asked_for_anew() {
        let bench = Bench::new();
        for name in ["r", "path/r", "other"] {
            bench.key(name).await.unwrap();
        }
        bench.sessions.forget("000000000000", "r");
        bench.sessions.forget("00000000000", "other");
        assert_eq!(bench.key("other").await.as_deref(), Ok("ASIA2"));
        assert_eq!(bench.key("r").await.as_deref(), Ok("ASIA3"));
        assert_eq!(bench.key("path/r").await.as_deref(), Ok("ASIA4"));
        bench.sessions.forget_all();
        assert_eq!(bench.key("other").await.as_deref(), Ok("ASIA5"));
    }

    #[tokio::test]
    async fn a_refusal_is_remembered_for_a_minute_or_until_the_role_changes() {
        let bench = Bench::new();
        let refused =
            "the role arn:aws:iam::000000000000:role/distrustful does not trust apigateway.amazonaws.com";
        for _ in 0..3 {
            assert_eq!(bench.key("distrustful").await.unwrap_err(), refused);
        }
        assert_eq!(bench.asked(), 1);
        bench.sessions.forget("000000000000", "distrustful");
        bench.key("distrustful").await.unwrap_err();
        assert_eq!(bench.asked(), 2);
        bench.clock.advance(Duration::from_secs(60));
        bench.key("distrustful").await.unwrap_err();
        assert_eq!(bench.asked(), 3);
    }

    #[tokio::test]
    async fn many_who_ask_at_once_ask_once() {
        let bench = Bench::new();
        let (one, two, three) = tokio::join!(bench.key("r"), bench.key("r"), bench.key("r"));
        assert_eq!(
            (one.as_deref(), two.as_deref(), three.as_deref()),
            (Ok("ASIA0"), Ok("ASIA0"), Ok("ASIA0"))
        );
    }

    #[tokio::test]
    async fn without_an_issuer_there_are_none() {
        let role = Role::new(&Scope::new("000000000000", "us-west-2"), "arn:aws:iam::000000000000:role/r");
        assert!(RoleSessions::default().credentials(&role).await.is_err());
    }
}
