//! The index against a real store and its change feed.

use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Timestamp};
use documents::apigateway_domain_names::{
    AccessAssociationDocument, BasePathMappingDocument, DomainNameDocument, domain_name_key,
};
use serde_json::{Value, json};
use store::{Location, Store, StoreFault, StoreOptions};

use super::*;
use crate::access::vpc_endpoints::VpcEndpoint;
use crate::front_door::{Apis, Refresh};

struct Running {
    store: Store,
    domains: Arc<Domains>,
    _refresh: Refresh,
}

fn start() -> Running {
    let options = StoreOptions { location: Location::Memory, clock: Clock::system() };
    let store = Store::open(options).unwrap();
    let domains = Arc::new(Domains::default());
    let refresh =
        Refresh::start(store.clone(), Arc::new(Apis::default()), Arc::clone(&domains), Arc::default())
            .unwrap();
    Running { store, domains, _refresh: refresh }
}

fn region(name: &str) -> Scope {
    Scope::new("000000000000", name)
}

fn document(name: &str, created: i64, more: Value) -> DomainNameDocument {
    let mut domain_name = json!({"domainName": name, "routingMode": "BASE_PATH_MAPPING_ONLY"});
    domain_name.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    DomainNameDocument {
        domain_name: serde_json::from_value(domain_name).unwrap(),
        created: Timestamp::from_millis(created),
        uploaded: None,
    }
}

impl Running {
    /// Runs `change` and waits until it is in effect.
    fn write(&self, change: impl Fn(&mut store::Transaction<'_>) -> Result<(), StoreFault> + Send + 'static) {
        let written: Result<((), _), StoreFault> = self.store.blocking_write(change);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        assert!(runtime.block_on(self.store.settled(written.unwrap().1, Duration::from_secs(20))));
    }

    fn put(&self, scope: &Scope, id: Option<&'static str>, document: DomainNameDocument) {
        let (scope, name) = (scope.clone(), document.domain_name.domain_name.clone().unwrap());
        self.write(move |t| t.put(&scope, &domain_name_key(&name, id), &document));
    }

    fn map(&self, scope: &Scope, name: &'static str, path: &'static str, api: &str) {
        let mapping = json!({"basePath": path, "restApiId": api, "stage": "prod"});
        let mapping = serde_json::from_value(mapping).unwrap();
        let document = BasePathMappingDocument { mapping, id: "m".to_owned() };
        let scope = scope.clone();
        self.write(move |t| t.put(&scope, &domain_name_key(name, None).with(path), &document));
    }

    fn delete(&self, scope: &Scope, name: &'static str) {
        let scope = scope.clone();
        self.write(move |t| t.delete::<DomainNameDocument>(&scope, &domain_name_key(name, None)).map(drop));
    }

    /// The API that the root of a host leads to, or why it leads nowhere; nothing if the host is
    /// no custom domain name.
    fn root(&self, host: &str) -> Option<String> {
        let domain = self.domains.find(host, None)?;
        Some(match domain.way("/", &Headers::new(), None) {
            Way::To { api, .. } => format!("{api} in {}", domain.region()),
            Way::Portal(id) => format!("portal {id}"),
            Way::HealthCheck => "health".to_owned(),
            Way::Closed(why) => why.to_string(),
        })
    }
}

#[test]
fn what_is_stored_is_served_from_the_start() {
    let running = start();
    let here = region("us-west-2");
    running.put(&here, None, document("api.example.com", 1, json!({})));
    running.map(&here, "api.example.com", "(none)", "abc");
    let domains = Arc::new(Domains::default());
    let apis = Arc::new(Apis::default());
    let _refresh = Refresh::start(running.store.clone(), apis, Arc::clone(&domains), Arc::default()).unwrap();
    assert!(matches!(
        domains.find("api.example.com", None).unwrap().way("/", &Headers::new(), None),
        Way::To { api: "abc", stage: Some("prod"), .. }
    ));
}

#[test]
fn changes_are_in_effect_when_they_are_acknowledged() {
    let running = start();
    let here = region("us-west-2");
    assert_eq!(running.root("api.example.com"), None);
    running.put(&here, None, document("api.example.com", 1, json!({})));
    let unmapped = "no base path mapping of the custom domain name fits the path";
    assert_eq!(running.root("api.example.com").as_deref(), Some(unmapped));
    running.map(&here, "api.example.com", "(none)", "abc");
    assert_eq!(running.root("API.example.com.:4566").as_deref(), Some("abc in us-west-2"));
    running.map(&here, "api.example.com", "(none)", "def");
    assert_eq!(running.root("api.example.com").as_deref(), Some("def in us-west-2"));
    let scope = here.clone();
    running.write(move |t| {
        t.delete_prefix::<BasePathMappingDocument>(&scope, &domain_name_key("api.example.com", None))
            .map(drop)
    });
    assert_eq!(running.root("api.example.com").as_deref(), Some(unmapped));
    running.delete(&here, "api.example.com");
    assert_eq!(running.root("api.example.com"), None);
    assert!(running.domains.known.lock().unwrap().is_empty());
}

#[test]
fn the_name_itself_goes_before_a_wildcard() {
    let running = start();
    let here = region("us-west-2");
    for (name, api) in [("*.example.com", "wild"), ("a.example.com", "a")] {
        running.put(&here, None, document(name, 1, json!({})));
        running.map(&here, name, "(none)", api);
    }
    for (host, expected) in [
        ("a.example.com", Some("a in us-west-2")),
        ("b.example.com", Some("wild in us-west-2")),
        ("B.Example.com:1", Some("wild in us-west-2")),
        ("a.b.example.com", None),
        ("example.com", None),
        ("*.example.com", None),
        (".example.com", None),
    ] {
        assert_eq!(running.root(host).as_deref(), expected, "{host}");
    }
}

#[test]
fn a_name_stays_with_whoever_made_it_first() {
    let running = start();
    let (one, other) = (region("us-west-2"), Scope::new("111111111111", "eu-west-1"));
    for (scope, created, api) in [(&one, 2, "first"), (&other, 3, "later")] {
        running.put(scope, None, document("api.example.com", created, json!({})));
        running.map(scope, "api.example.com", "(none)", api);
    }
    assert_eq!(running.root("api.example.com").as_deref(), Some("first in us-west-2"));
    running.map(&other, "api.example.com", "v1", "later");
    assert_eq!(running.root("api.example.com").as_deref(), Some("first in us-west-2"));
    running.delete(&one, "api.example.com");
    assert_eq!(running.root("api.example.com").as_deref(), Some("later in eu-west-1"));
}

#[test]
fn what_cannot_be_held_to_is_refused() {
    let running = start();
    let here = region("us-west-2");
    for (name, more, why) in [
        ("b.example.com", json!({"endpointAccessMode": "STRICT"}), "is served over TLS only"),
        (
            "c.example.com",
            json!({"mutualTlsAuthentication": {"truststoreUri": "s3://b/k"}}),
            "cannot be served: the configuration names no file for its truststore s3://b/k",
        ),
    ] {
        running.put(&here, None, document(name, 1, more));
        running.map(&here, name, "(none)", "abc");
        let expected = format!("the custom domain name {name} {why}");
        assert_eq!(running.root(name), Some(expected));
    }
    // Mappings count for nothing where rules alone do, and there are none.
    let rules = json!({"routingMode": "ROUTING_RULE_ONLY"});
    running.put(&here, None, document("a.example.com", 1, rules));
    running.map(&here, "a.example.com", "(none)", "abc");
    let unmapped = "no base path mapping of the custom domain name fits the path";
    assert_eq!(running.root("a.example.com").as_deref(), Some(unmapped));
    let then = json!({"routingMode": "ROUTING_RULE_THEN_BASE_PATH_MAPPING"});
    running.put(&here, None, document("d.example.com", 1, then));
    running.map(&here, "d.example.com", "(none)", "abc");
    assert_eq!(running.root("d.example.com").as_deref(), Some("abc in us-west-2"));
}

#[test]
fn a_private_name_is_found_by_those_who_come_by_an_endpoint_of_its() {
    let running = start();
    let (here, other) = (region("us-west-2"), Scope::new("111111111111", "us-west-2"));
    let arn = |scope: &Scope, id: &str| {
        format!("arn:aws:apigateway:us-west-2:{}:/domainnames/api.example.com+{id}", scope.account())
    };
    for (scope, id, created) in [(&here, "p1", 1), (&other, "p2", 2)] {
        let more = json!({"domainNameId": id, "domainNameArn": arn(scope, id)});
        running.put(scope, Some(id), document("api.example.com", created, more));
    }
    running.put(&here, None, document("api.example.com", 3, json!({})));
    let associate = |scope: &Scope, id: &'static str, endpoint: &'static str, arn: String| {
        let association = json!({"accessAssociationSource": endpoint, "domainNameArn": arn});
        let association = serde_json::from_value(association).unwrap();
        let document = AccessAssociationDocument { association, created: Timestamp::from_millis(1) };
        let (scope, key) = (scope.clone(), domain_name_key("api.example.com", Some(id)).with(endpoint));
        running.write(move |t| t.put(&scope, &key, &document));
    };
    associate(&other, "p1", "vpce-1", arn(&here, "p1"));
    associate(&other, "p2", "vpce-2", arn(&other, "p2"));
    // An association with another name of this key counts for nothing.
    associate(&here, "p2", "vpce-3", arn(&here, "p2"));
    let found = |endpoint: Option<&str>| {
        let via = endpoint.map(|id| Via {
            endpoint: Arc::new(VpcEndpoint {
                id: id.into(),
                vpc: None,
                sources: Vec::new(),
                proxies: Vec::new(),
            }),
            direct: true,
        });
        let domain = running.domains.find("api.example.com", via.as_ref()).unwrap();
        domain.private().map(|private| private.endpoints.join(","))
    };
    assert_eq!(found(None), None, "the public one");
    assert_eq!(found(Some("vpce-1")).as_deref(), Some("vpce-1"));
    assert_eq!(found(Some("vpce-2")).as_deref(), Some("vpce-2"));
    assert_eq!(found(Some("vpce-3")), None);
    let key = domain_name_key("api.example.com", Some("p1")).with("vpce-1");
    running.write(move |t| t.delete::<AccessAssociationDocument>(&other, &key).map(drop));
    assert_eq!(found(Some("vpce-1")), None);
}

#[test]
fn nobody_takes_the_names_of_others() {
    let running = start();
    let here = region("us-west-2");
    for name in ["abc.execute-api.us-west-2.localhost", "127.0.0.1", "lambda.us-west-2.amazonaws.com"] {
        running.put(&here, None, document(name, 1, json!({})));
        assert_eq!(running.root(name), None, "{name}");
    }
}

#[test]
fn the_gateways_own_names_are_nobodys() {
    let domains = Domains::new(Truststores::default(), ["Gateway.example.com".to_owned()]);
    let here = region("us-west-2");
    for name in ["*.example.com", "gateway.example.com"] {
        let stored = compile::Stored {
            document: Ok(document(name, 1, json!({}))),
            mappings: Ok(Vec::new()),
            rules: Ok(Vec::new()),
            endpoints: Ok(Vec::new()),
            certificate: Ok(None),
        };
        let key = domain_name_key(name, None);
        let known = compile::compile(&here, &key, stored, &Truststores::default());
        domains.change(&here, &key, known);
    }
    assert!(domains.find("other.example.com", None).is_some());
    for host in ["gateway.example.com", "GATEWAY.example.com.:4566"] {
        assert!(domains.find(host, None).is_none(), "{host}");
    }
}

#[test]
fn health_checks_are_not_mapped() {
    let running = start();
    let here = region("us-west-2");
    running.put(&here, None, document("api.example.com", 1, json!({})));
    running.map(&here, "api.example.com", "(none)", "abc");
    let domain = running.domains.find("api.example.com", None).unwrap();
    for (path, health) in
        [("/ping", true), ("/sping", true), ("/ping/", false), ("//ping", false), ("/v1/ping", false)]
    {
        assert_eq!(domain.way(path, &Headers::new(), None) == Way::HealthCheck, health, "{path}");
    }
}
