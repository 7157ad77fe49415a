//! From method and raw path to the operation. A trie for each service, built once: literal segments
//! come before labels, labels before greedy labels, with backtracking. Labels stay escaped here, so
//! that an ARN in a path (`%2F`, `%3A`) is one segment.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use api::{OperationTable, SERVICES, ServiceTable};

use crate::dispatch::{Match, shown};
use crate::form;
use crate::request::Request;
use crate::service_error::ServiceError;

#[derive(Default)]
struct Node {
    literals: HashMap<&'static str, Node>,
    label: Option<Box<Node>>,
    greedy: Vec<Route>,
    routes: Vec<Route>,
}

/// An operation at the end of a path.
struct Route {
    operation: &'static OperationTable,
    labels: Vec<&'static str>,
    /// What the query string has to say: `mode=import`.
    query: Vec<(&'static str, &'static str)>,
}

/// The operation of `service` that the request is for.
pub(crate) fn route(service: &'static ServiceTable, request: &Request) -> Result<Match, ServiceError> {
    let path = request.path();
    let segments = segments(path);
    let query: Vec<_> = form::pairs(request.query().unwrap_or_default()).flatten().collect();
    let has = |route: &Route| {
        route.operation.method == request.method().as_str()
            && route.query.iter().all(|literal| query.iter().any(|(n, v)| (&**n, &**v) == *literal))
    };
    let mut values = Vec::new();
    let found = trie(service).and_then(|trie| find(trie, &segments, &mut values, &has));
    let Some(route) = found else {
        let text = format!(
            "Unable to determine service/operation name to be authorized: {} {}",
            shown(request.method().as_str()),
            shown(path)
        );
        return Err(ServiceError::unknown_operation(text));
    };
    let labels = route.labels.iter().copied().zip(values).collect();
    Ok(Match { service, operation: route.operation, labels })
}

/// The segments of a path; one slash at the end makes no difference.
fn segments(path: &str) -> Vec<&str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() { Vec::new() } else { path.split('/').collect() }
}

fn find<'a>(
    node: &'a Node,
    segments: &[&str],
    values: &mut Vec<String>,
    has: &dyn Fn(&Route) -> bool,
) -> Option<&'a Route> {
    let Some((first, rest)) = segments.split_first() else {
        // The route that asks most of the query string comes first.
        return node.routes.iter().find(|route| has(route));
    };
    if let Some(next) = node.literals.get(*first)
        && let Some(found) = find(next, rest, values, has)
    {
        return Some(found);
    }
    if first.is_empty() {
        return None;
    }
    if let Some(next) = &node.label {
        values.push((*first).to_owned());
        if let Some(found) = find(next, rest, values, has) {
            return Some(found);
        }
        values.pop();
    }
    let found = node.greedy.iter().find(|route| has(route))?;
    values.push(segments.join("/"));
    Some(found)
}

fn trie(service: &ServiceTable) -> Option<&'static Node> {
    static TRIES: LazyLock<Vec<OnceLock<Node>>> =
        LazyLock::new(|| SERVICES.iter().map(|_| OnceLock::new()).collect());
    let at = SERVICES.iter().position(|known| known.name == service.name)?;
    let (known, trie) = SERVICES.get(at).zip(TRIES.get(at))?;
    Some(trie.get_or_init(|| built(known)))
}

fn built(service: &'static ServiceTable) -> Node {
    let mut root = Node::default();
    for &operation in service.operations {
        let (path, query) = operation.uri.split_once('?').unwrap_or((operation.uri, ""));
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        let mut node = &mut root;
        let mut labels = Vec::new();
        let mut is_greedy = false;
        for segment in segments(path) {
            match segment.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
                None => node = node.literals.entry(segment).or_default(),
                Some(label) => {
                    if let Some(label) = label.strip_suffix('+') {
                        labels.push(label);
                        is_greedy = true;
                        break;
                    }
                    labels.push(label);
                    node = node.label.get_or_insert_default();
                }
            }
        }
        let routes = if is_greedy { &mut node.greedy } else { &mut node.routes };
        routes.push(Route { operation, labels, query });
        routes.sort_by_key(|route| std::cmp::Reverse(route.query.len()));
    }
    root
}
