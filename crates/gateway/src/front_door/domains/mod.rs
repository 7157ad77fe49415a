//! The custom domain names that are served, by host. Requests look them up without waiting;
//! changes put a new map in the place of the old one.
//!
//! Domain names of developer portals are among them.
//!
//! A name is served for whoever made it first: names are alone in their region, and here all
//! regions answer on the same address, so that nobody takes over another's name by making it in
//! another region.

mod compile;
mod mappings;
mod names;
mod portals;
mod refresh;
mod rules;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use base::{Scope, Timestamp};
use store::Key;

use super::{Apis, default_endpoint};
use crate::access::DomainPolicy;
use crate::access::vpc_endpoints::Via;
use crate::exchange::{Address, DomainRefusal, Request, Unreachable};
use crate::message::Headers;
use crate::tls::{Denied, EndpointServers, Secured, ServerNames, TlsServer, Truststores};
use mappings::Mappings;
pub(super) use names::of_host as name_of;
pub(super) use refresh::{load, take};
use rules::Rules;

/// Paths that API Gateway answers itself ("Amazon API Gateway important notes").
const HEALTH_CHECKS: &[&str] = &["/ping", "/sping"];

/// The served custom domain names of all accounts and regions.
#[derive(Debug, Default)]
pub struct Domains {
    /// By name in lower case; that of a wildcard begins with `*.`.
    served: ArcSwap<HashMap<Box<str>, Arc<Domain>>>,
    /// Whether there are any: most often there are none, and then no request looks for its own.
    any: AtomicBool,
    /// The private ones of each name that VPC endpoints are associated with, the oldest first.
    private: ArcSwap<HashMap<Box<str>, Vec<Arc<Domain>>>>,
    /// All that is stored, also what another goes before. Only the thread that follows the store
    /// asks for it.
    known: Mutex<HashMap<Box<str>, Vec<Known>>>,
    truststores: ArcSwap<Truststores>,
    /// Names that are never a custom domain name's, in lower case.
    own: HashSet<Box<str>>,
}

/// A stored custom domain name.
#[derive(Clone, Debug)]
struct Known {
    scope: Scope,
    key: Key,
    created: Timestamp,
    /// The certificates of ACM that it is served with.
    certificates: Vec<(Scope, Key)>,
    domain: Arc<Domain>,
}

/// A custom domain name as it is served. Immutable; changes make a new one.
#[derive(Debug)]
pub(super) struct Domain {
    name: Box<str>,
    region: Box<str>,
    /// Where its requests lead, or why they lead nowhere.
    routes: Result<Routes, DomainRefusal>,
    /// Whether it asks for what only TLS gives.
    only_secure: bool,
    /// Whether clients have to have certificates.
    mutual: bool,
    /// Whom it lets in, if only VPC endpoints lead to it.
    private: Option<PrivateDomain>,
    /// Its certificate and what it asks of TLS connections; an error if it cannot be shown.
    tls: Result<Arc<TlsServer>, Box<str>>,
}

/// Where the requests of a name lead.
#[derive(Debug)]
enum Routes {
    /// To APIs: what no rule holds for goes by the mappings.
    Apis(Rules, Mappings),
    /// To the developer portal of this id.
    Portal(Box<str>),
}

/// What a private custom domain name says of the ways to it.
#[derive(Debug)]
pub(super) struct PrivateDomain {
    /// The VPC endpoints that have an access association with it.
    endpoints: Vec<Box<str>>,
    /// Its policy; without one it lets nobody in.
    policy: Option<DomainPolicy>,
}

/// Where a request by a custom domain name goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way<'d> {
    /// To an API.
    To {
        /// Its id.
        api: &'d str,
        /// The stage, if the mapping names it; else it is in the path.
        stage: Option<&'d str>,
        /// The places of base path, stage and rest.
        address: Address,
    },
    /// To the developer portal of this id.
    Portal(&'d str),
    /// To no API: API Gateway answers itself.
    HealthCheck,
    /// Nowhere.
    Closed(Unreachable),
}

impl Domains {
    /// None yet; those with mutual TLS will find their truststores there. The names in `own` are the
    /// gateway's: whoever makes one of them a custom domain name, or a wildcard above it, does not get
    /// what AWS clients send to the gateway.
    #[must_use]
    pub fn new(truststores: Truststores, own: impl IntoIterator<Item = String>) -> Self {
        let own = own.into_iter().map(|name| name.to_ascii_lowercase().into()).collect();
        Self { truststores: ArcSwap::from_pointee(truststores), own, ..Self::default() }
    }

    /// Finds the truststores there from now on: the names that are compiled then ([`super::Refresh::anew`]).
    pub fn find_truststores(&self, truststores: Truststores) {
        self.truststores.store(Arc::new(truststores));
    }

    /// The custom domain name that `host`, with or without a port, is; the name itself goes before
    /// a wildcard. For those who have come by a VPC endpoint, a private name that the endpoint is
    /// associated with goes before others of that name.
    pub(super) fn find(&self, host: &str, via: Option<&Via>) -> Option<Arc<Domain>> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let served = self.served.load();
        let name = names::of_host(host)?;
        if self.own.contains(&*name) {
            return None;
        }
        if let Some(via) = via
            && let Some(private) = self.private.load().get(&*name)
            && let Some(associated) = private.iter().find(|domain| domain.is_associated(via))
        {
            return Some(Arc::clone(associated));
        }
        let found = served.get(&*name).or_else(|| served.get(&*names::wildcard(&name)?));
        found.map(Arc::clone)
    }

    /// Serves what is stored at `key` as `known` says, or no longer.
    fn change(&self, scope: &Scope, key: &Key, known: Option<Known>) {
        let Some(name) = key.part(0) else { return };
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of_name = all.entry(name.into()).or_default();
        of_name.retain(|own| (&own.scope, &own.key) != (scope, key));
        of_name.extend(known);
        let first = of_name.iter().min_by_key(|own| (own.is_private(), own.created, &own.scope, &own.key));
        if let Some(first) = first {
            for other in of_name
                .iter()
                .filter(|own| !own.is_private() && (&own.scope, &own.key) != (&first.scope, &first.key))
            {
                tracing::warn!(
                    name, scope = ?other.scope, first = ?first.scope,
                    "a custom domain name is not served: somebody made one of the same name before"
                );
            }
        }
        let first = first.map(|first| Arc::clone(&first.domain));
        of_name.sort_by(|one, other| {
            (one.created, &one.scope, &one.key).cmp(&(other.created, &other.scope, &other.key))
        });
        let private: Vec<Arc<Domain>> = of_name
            .iter()
            .filter(|known| known.domain.private.as_ref().is_some_and(|own| !own.endpoints.is_empty()))
            .map(|known| Arc::clone(&known.domain))
            .collect();
        self.private.rcu(|served| {
            let mut next = HashMap::clone(served);
            match private.is_empty() {
                true => next.remove(name),
                false => next.insert(name.into(), private.clone()),
            };
            next
        });
        if of_name.is_empty() {
            all.remove(name);
        }
        self.served.rcu(|served| {
            let mut next = HashMap::clone(served);
            match &first {
                Some(domain) => next.insert(name.into(), Arc::clone(domain)),
                None => next.remove(name),
            };
            next
        });
        self.any.store(!self.served.load().is_empty(), Ordering::Release);
    }

    /// What is stored, by account, region and key.
    fn stored(&self) -> Vec<(Scope, Key)> {
        self.matching(|_| true)
    }

    /// The names that are served with a certificate.
    fn with_certificate(&self, scope: &Scope, key: &Key) -> Vec<(Scope, Key)> {
        self.matching(|known| known.certificates.iter().any(|(own, id)| own == scope && id == key))
    }

    /// The name of a portal's own under which the portal is served.
    fn of_portal(&self, scope: &Scope, id: &str) -> Vec<(Scope, Key)> {
        self.matching(|known| known.scope == *scope && portals::portal_in(&known.key) == Some(id))
    }

    /// The names of this key, of whatever account and region: associations are in the account of their
    /// VPC endpoint.
    fn of_key(&self, key: &Key) -> Vec<(Scope, Key)> {
        self.matching(|known| known.key == *key)
    }

    fn matching(&self, wanted: impl Fn(&Known) -> bool) -> Vec<(Scope, Key)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let matching = known.values().flatten().filter(|known| wanted(known));
        matching.map(|known| (known.scope.clone(), known.key.clone())).collect()
    }
}

/// The names under which TLS is spoken: custom domain names, those of APIs, and all others.
#[derive(Debug)]
pub struct Names {
    domains: Arc<Domains>,
    apis: Arc<Apis>,
    others: ArcSwap<EndpointServers>,
}

impl Names {
    /// `others` is shown where no custom domain name is named: to those who call `apis` by their own
    /// addresses, as these ask for, and to AWS clients.
    #[must_use]
    pub fn new(domains: Arc<Domains>, apis: Arc<Apis>, others: EndpointServers) -> Self {
        Self { domains, apis, others: ArcSwap::from_pointee(others) }
    }

    /// Shows this from now on where no custom domain name is named.
    pub fn show(&self, others: EndpointServers) {
        self.others.store(Arc::new(others));
    }
}

impl ServerNames for Names {
    fn server(&self, name: Option<&str>) -> Option<Arc<TlsServer>> {
        // By which VPC endpoint a client has come is not asked: of names that are the same, the
        // certificate of one is shown.
        match name.and_then(|name| self.domains.find(name, None)) {
            Some(domain) => domain.tls().cloned(),
            None => {
                let api = name.and_then(default_endpoint::api_in);
                let demands = api.map(|api| self.apis.demands(api)).unwrap_or_default();
                Some(Arc::clone(self.others.load().server(demands)))
            }
        }
    }
}

impl Known {
    /// Private names are not alone with their names; public ones go before them.
    fn is_private(&self) -> bool {
        self.key.part(1).is_some_and(|id| !id.is_empty())
    }
}

impl Domain {
    /// The region of its APIs.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Whether only VPC endpoints lead to it.
    pub(super) fn private(&self) -> Option<&PrivateDomain> {
        self.private.as_ref()
    }

    fn is_associated(&self, via: &Via) -> bool {
        self.private.as_ref().is_some_and(|own| own.endpoints.contains(&via.endpoint.id))
    }

    /// The refusal of a request for this reason.
    pub(super) fn refuses(&self, why: DomainRefusal) -> Unreachable {
        Unreachable::Domain { name: self.name.clone(), why }
    }

    /// How it is served over TLS, if it can be.
    pub(super) fn tls(&self) -> Option<&Arc<TlsServer>> {
        self.tls.as_ref().ok()
    }

    /// Where a request for `path` goes that came over this connection of TLS, or without. The
    /// connection has been begun for this domain name.
    pub(super) fn way(&self, path: &str, headers: &Headers, connection: Option<&Secured>) -> Way<'_> {
        let closed = |why| Way::Closed(self.refuses(why));
        let (rules, mappings) = match &self.routes {
            Ok(Routes::Apis(rules, mappings)) => (rules, mappings),
            Ok(Routes::Portal(id)) => return Way::Portal(id),
            Err(why) => return closed(why.clone()),
        };
        match connection {
            None if self.only_secure => return closed(DomainRefusal::Insecure),
            None => {}
            Some(connection) if self.mutual => match connection.client() {
                Some(Ok(_)) => {}
                Some(Err(why)) => return closed(DomainRefusal::ClientCertificate(why.clone())),
                None => return closed(DomainRefusal::ClientCertificate(Denied::Missing)),
            },
            Some(_) => {}
        }
        if HEALTH_CHECKS.contains(&path) {
            return Way::HealthCheck;
        }
        match rules.find(path, headers).or_else(|| mappings.find(path)) {
            Some((target, address)) => Way::To { api: &target.api, stage: target.stage.as_deref(), address },
            None => Way::Closed(Unreachable::UnknownBasePath),
        }
    }
}

impl PrivateDomain {
    /// Whether a request may come to it: by one of its VPC endpoints, and as its policy says.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn admits(
        &self,
        domain: &Domain,
        request: &Request,
        headers: &Headers,
    ) -> Result<(), DomainRefusal> {
        if !request.via.as_ref().is_some_and(|via| domain.is_associated(via)) {
            return Err(DomainRefusal::Private);
        }
        match self.policy.as_ref().is_some_and(|policy| policy.admits(request, headers)) {
            true => Ok(()),
            false => Err(DomainRefusal::Policy),
        }
    }
}

#[cfg(test)]
mod tests;
