//! Who holds which access key, in memory, for the gateway: users, roles, keys and sessions with
//! their policies compiled, kept true by the store's change feed. A change (a key that is
//! deactivated, a policy that is put) is acknowledged once no request can meet what was before.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use api::iam::User;
use base::Scope;
use documents::iam::{AccessKeyDocument, ManagedPolicyDocument, RoleDocument, SessionDocument, UserDocument};
use identities::{Held, Holder};
use ports::identities::{Identified, Identities};
use store::{Batch, Change, Document, Follower, Key, Store, StoreFault, Transaction};
use tokio::runtime::Handle;

use crate::authenticate::{Authentication, RootCredentials};

/// How long to wait before a failed read is tried again.
const READ_PAUSE: Duration = Duration::from_secs(1);

/// All holders of access keys.
pub struct IdentityIndex {
    /// The root user, who is in the configuration and not in the store.
    root: Option<RootCredentials>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, (Scope, AccessKeyDocument)>,
    sessions: HashMap<String, (Scope, SessionDocument)>,
    users: HashMap<(Scope, String), KnownUser>,
    roles: HashMap<(Scope, String), KnownRole>,
}

struct KnownUser {
    user: User,
    held: Option<Arc<Held>>,
}

struct KnownRole {
    id: String,
    held: Option<Arc<Held>>,
}

impl IdentityIndex {
    /// Reads all that `store` has, then follows its changes on `runtime`. Blocks until all is
    /// read; must not be called on a thread that runs tasks.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn start(
        store: Store,
        authentication: &Authentication,
        runtime: &Handle,
    ) -> Result<Arc<Self>, StoreFault> {
        // The feed first: what changes meanwhile comes again.
        let follower = store.follow("identities");
        let known = store.blocking_read(everything)?;
        follower.take_at_once(|commit| Touched::by(commit.changes()).is_none());
        let root = authentication.root_credentials().cloned();
        let index = Arc::new(Self { root, known: RwLock::new(known) });
        runtime.spawn(follow(store, follower, Arc::clone(&index)));
        Ok(index)
    }

    fn take(&self, news: News) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match news {
            News::All(all) => *known = all,
            News::Some(changes) => changes.into_iter().for_each(|change| change.apply(&mut known)),
        }
    }
}

impl Identities for IdentityIndex {
    fn of_key(&self, access_key_id: &str) -> Option<Identified> {
        // As in the control plane, the configured root goes first.
        if let Some(root) = self.root.as_ref().filter(|root| root.access_key_id == access_key_id) {
            return Some(Identified { holder: root.holder(), held: Some(Arc::default()) });
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((scope, session)) = known.sessions.get(access_key_id) {
            let role = known.roles.get(&(scope.clone(), session.role_name().to_owned()))?;
            let holder = Holder::of_session(scope, session.clone(), &role.id)?;
            return Some(Identified { holder, held: role.held.clone() });
        }
        let (scope, key) = known.keys.get(access_key_id)?;
        let owner = known.users.get(&(scope.clone(), key.user_name.clone()))?;
        let holder = Holder::of_key(scope, key.clone(), owner.user.clone());
        Some(Identified { holder, held: owner.held.clone() })
    }
}

impl std::fmt::Debug for IdentityIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdentityIndex")
    }
}

async fn follow(store: Store, mut follower: Follower, index: Arc<IdentityIndex>) {
    loop {
        let batch = follower.next().await;
        let last = batch.last();
        if let Some(wanted) = Wanted::of(&batch) {
            let news = loop {
                let wanted = wanted.clone();
                match store.read(move |tx| wanted.read(tx)).await {
                    Ok(news) => break news,
                    Err(fault) => tracing::error!(%fault, "changes of IAM cannot be read; trying again"),
                }
                tokio::time::sleep(READ_PAUSE).await;
            };
            index.take(news);
        }
        follower.acknowledge(last);
    }
}

/// What has to be read anew.
#[derive(Clone)]
enum Wanted {
    All,
    Some(Box<Touched>),
}

#[derive(Clone)]
struct Touched {
    keys: HashSet<(Scope, String)>,
    sessions: HashSet<(Scope, String)>,
    users: HashSet<(Scope, String)>,
    roles: HashSet<(Scope, String)>,
    /// Accounts with a changed policy, which any of their members may have.
    accounts: HashSet<Scope>,
}

/// What was read.
enum News {
    All(Known),
    Some(Vec<Changed>),
}

/// A document as it is now.
enum Changed {
    Key(Scope, String, Option<AccessKeyDocument>),
    Session(Scope, String, Option<SessionDocument>),
    User(Scope, String, Option<KnownUser>),
    Role(Scope, String, Option<KnownRole>),
}

impl Wanted {
    /// What a batch asks for; `None` if it has nothing to do with identities.
    fn of(batch: &Batch) -> Option<Self> {
        match batch {
            Batch::Changes(changes) => Touched::by(changes).map(|touched| Self::Some(Box::new(touched))),
            Batch::Reload(_) => Some(Self::All),
        }
    }

    fn read(self, tx: &mut Transaction<'_>) -> Result<News, StoreFault> {
        let Self::Some(touched) = self else { return Ok(News::All(everything(tx)?)) };
        let Touched { keys, sessions, mut users, mut roles, accounts } = *touched;
        for scope in accounts {
            for (key, _) in tx.list::<UserDocument>(&scope, &Key::root())? {
                users.extend(key.part(0).map(|name| (scope.clone(), name.to_owned())));
            }
            for (key, _) in tx.list::<RoleDocument>(&scope, &Key::root())? {
                roles.extend(key.part(0).map(|name| (scope.clone(), name.to_owned())));
            }
        }
        let mut changes = Vec::new();
        for (scope, id) in keys {
            let key = readable(tx.get(&scope, &Key::new([&*id])))?;
            changes.push(Changed::Key(scope, id, key));
        }
        for (scope, id) in sessions {
            let session = readable(tx.get(&scope, &Key::new([&*id])))?;
            changes.push(Changed::Session(scope, id, session));
        }
        for (scope, name) in users {
            let user = readable(tx.get::<UserDocument>(&scope, &Key::new([&*name])))?;
            let user = user.map(|user| known_user(tx, &scope, user)).transpose()?;
            changes.push(Changed::User(scope, name, user));
        }
        for (scope, name) in roles {
            let role = readable(tx.get::<RoleDocument>(&scope, &Key::new([&*name])))?;
            let role = role.map(|role| known_role(tx, &scope, &role)).transpose()?;
            changes.push(Changed::Role(scope, name, role));
        }
        Ok(News::Some(changes))
    }
}

impl Touched {
    /// What these changes ask for; `None` if they have nothing to do with identities.
    fn by(changes: &[Change]) -> Option<Self> {
        fn of<D: Document>(changes: &[Change]) -> HashSet<(Scope, String)> {
            let changes = changes.iter().filter(|change| change.is::<D>());
            changes
                .filter_map(|change| Some((change.scope.clone(), change.key.part(0)?.to_owned())))
                .collect()
        }
        let keys = of::<AccessKeyDocument>(changes);
        let sessions = of::<SessionDocument>(changes);
        let users = of::<UserDocument>(changes);
        let roles = of::<RoleDocument>(changes);
        let accounts: HashSet<Scope> =
            of::<ManagedPolicyDocument>(changes).into_iter().map(|(scope, _)| scope).collect();
        let nothing = keys.is_empty()
            && sessions.is_empty()
            && users.is_empty()
            && roles.is_empty()
            && accounts.is_empty();
        (!nothing).then_some(Self { keys, sessions, users, roles, accounts })
    }
}

impl Changed {
    fn apply(self, known: &mut Known) {
        fn put<K: std::hash::Hash + Eq, V>(map: &mut HashMap<K, V>, key: K, value: Option<V>) {
            match value {
                Some(value) => map.insert(key, value),
                None => map.remove(&key),
            };
        }
        match self {
            Self::Key(scope, id, key) => put(&mut known.keys, id, key.map(|key| (scope, key))),
            Self::Session(scope, id, session) => {
                put(&mut known.sessions, id, session.map(|session| (scope, session)));
            }
            Self::User(scope, name, user) => put(&mut known.users, (scope, name), user),
            Self::Role(scope, name, role) => put(&mut known.roles, (scope, name), role),
        }
    }
}

/// A document that cannot be decoded is as good as none: its key opens nothing.
fn readable<D>(read: Result<Option<D>, StoreFault>) -> Result<Option<D>, StoreFault> {
    match read {
        Err(fault @ StoreFault::Undecodable { .. }) => {
            tracing::error!(%fault, "an identity cannot be read and may do nothing");
            Ok(None)
        }
        read => read,
    }
}

fn everything(tx: &mut Transaction<'_>) -> Result<Known, StoreFault> {
    let mut known = Known::default();
    for (scope, _, key) in tx.list_everywhere::<AccessKeyDocument>()? {
        known.keys.insert(key.access_key_id.clone(), (scope, key));
    }
    for (scope, _, session) in tx.list_everywhere::<SessionDocument>()? {
        known.sessions.insert(session.access_key_id.clone(), (scope, session));
    }
    for (scope, _, user) in tx.list_everywhere::<UserDocument>()? {
        let name = user.user.user_name.clone();
        let user = known_user(tx, &scope, user)?;
        known.users.insert((scope, name), user);
    }
    for (scope, _, role) in tx.list_everywhere::<RoleDocument>()? {
        let name = role.role.role_name.clone();
        let role = known_role(tx, &scope, &role)?;
        known.roles.insert((scope, name), role);
    }
    Ok(known)
}

fn known_user(tx: &mut Transaction<'_>, scope: &Scope, user: UserDocument) -> Result<KnownUser, StoreFault> {
    let held = readable(Held::of_user(tx, scope, &user))?.map(Arc::new);
    Ok(KnownUser { user: user.user, held })
}

fn known_role(tx: &mut Transaction<'_>, scope: &Scope, role: &RoleDocument) -> Result<KnownRole, StoreFault> {
    let held = readable(Held::of_role(tx, scope, role))?.map(Arc::new);
    Ok(KnownRole { id: role.role.role_id.clone(), held })
}

#[cfg(test)]
mod tests;
