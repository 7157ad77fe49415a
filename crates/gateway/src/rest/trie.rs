//! The tree of an API's resources, and which resource a request meets.
//!
//! API Gateway resolves on the pair of resource and verb: the most specific resource *that
//! has a method for the verb* (that verb's own, else ANY). Static segments go before
//! `{param}`, that before `{proxy+}`, and where a more specific resource has no method for
//! the verb the search goes on with less specific ones (recorded from AWS: with POST on
//! `/test` and OPTIONS on `/{proxy+}`, OPTIONS of `/test` is served by the latter; also
//! measured for resources without any method, and for `{param}` siblings).
//!
//! Paths are matched as sent. A trailing slash is ignored; an empty segment inside a path is
//! matched by nothing but a greedy variable (recorded from AWS).

use http::Method;
use memchr::memchr;

/// What a resource's methods are looked up by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `DELETE`
    Delete,
    /// `GET`
    Get,
    /// `HEAD`
    Head,
    /// `OPTIONS`
    Options,
    /// `PATCH`
    Patch,
    /// `POST`
    Post,
    /// `PUT`
    Put,
}

impl Verb {
    /// The verb of a request; `None` for methods that API Gateway does not have, which ANY does
    /// not stand for either.
    #[must_use]
    pub fn of(method: &Method) -> Option<Self> {
        Self::named(method.as_str())
    }

    /// The verb of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "DELETE" => Self::Delete,
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "OPTIONS" => Self::Options,
            "PATCH" => Self::Patch,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            _ => return None,
        })
    }
}

/// A method of a resource: what its verb is, and where it stands in the stage's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodEntry {
    /// `None` for ANY.
    pub verb: Option<Verb>,
    /// Its index in the stage's methods.
    pub index: usize,
}

/// A resource's path that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Two resources have the same path, or two variables stand in the same place.
    #[error("{path} collides with another resource")]
    Collision {
        /// The resource's path.
        path: String,
    },
    /// The path has no leading slash, an empty segment, or something behind `{x+}`.
    #[error("{path} is not the path of a resource")]
    Malformed {
        /// The resource's path.
        path: String,
    },
}

/// The resources of a stage.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    root: Node,
    otherwise: Option<usize>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Sorted by segment.
    children: Vec<(Box<str>, Node)>,
    parameter: Option<Box<Node>>,
    greedy: Option<Leaf>,
    leaf: Option<Leaf>,
}

/// A resource with its methods, and the names of the variables on the way to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Leaf {
    methods: Vec<MethodEntry>,
    names: Box<[Box<str>]>,
}

/// What a request met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route<'a> {
    /// The method's index in the stage's list.
    pub method: usize,
    /// The names of the path's variables.
    pub names: &'a [Box<str>],
    /// The places of their values in the path: from, to.
    pub places: Vec<(usize, usize)>,
}

impl Routes {
    /// Lets what meets no resource meet `method`. Only a method that is tested is executed
    /// whatever the path (recorded from AWS: then it has no path parameters).
    pub fn set_otherwise(&mut self, method: usize) {
        self.otherwise = Some(method);
    }

    /// What meets no resource meets this.
    #[must_use]
    pub fn otherwise(&self) -> Option<Route<'_>> {
        self.otherwise.map(|method| Route { method, names: &[], places: Vec::new() })
    }

    /// Adds the resource at `path` (`/pets/{petId}`) with its methods.
    ///
    /// # Errors
    /// If the path is none, or is taken.
    pub fn add(&mut self, path: &str, methods: Vec<MethodEntry>) -> Result<(), RouteError> {
        let malformed = || RouteError::Malformed { path: path.to_owned() };
        let collision = || RouteError::Collision { path: path.to_owned() };
        let mut names = Vec::new();
        let mut node = &mut self.root;
        let mut segments = segments(path.strip_prefix('/').ok_or_else(malformed)?);
        while let Some(segment) = segments.next() {
            match Segment::of(segment).ok_or_else(malformed)? {
                Segment::Static(text) => {
                    let at = match node.children.binary_search_by(|(own, _)| (**own).cmp(text)) {
                        Ok(at) => at,
                        Err(at) => {
                            node.children.insert(at, (text.into(), Node::default()));
                            at
                        }
                    };
                    // Just found or put there.
                    let Some((_, child)) = node.children.get_mut(at) else { return Err(malformed()) };
                    node = child;
                }
                Segment::Parameter(name) => {
                    names.push(name.into());
                    node = node.parameter.get_or_insert_default();
                }
                Segment::Greedy(name) => {
                    if segments.next().is_some() {
                        return Err(malformed());
                    }
                    names.push(name.into());
                    if node.greedy.is_some() {
                        return Err(collision());
                    }
                    node.greedy = Some(Leaf { methods, names: names.into() });
                    return Ok(());
                }
            }
        }
        if node.leaf.is_some() {
            return Err(collision());
        }
        node.leaf = Some(Leaf { methods, names: names.into() });
        Ok(())
    }

    /// The method that a request of `verb` for `path` (starting with a slash) meets.
    #[must_use]
    pub fn resolve(&self, verb: Verb, path: &str) -> Option<Route<'_>> {
        let end = path.strip_suffix('/').map_or(path.len(), str::len);
        let trimmed = path.get(..end).unwrap_or(path);
        let mut places = Vec::new();
        let found = find(&self.root, verb, trimmed, 1, &mut places)?;
        Some(Route { method: found.0, names: &found.1.names, places })
    }
}

/// Finds the most specific leaf below `node` with a method for `verb`. `at` is where the next
/// segment begins, one past the path's end if there is none. Each node is looked at once at
/// most, so the search ends within the number of resources.
fn find<'a>(
    node: &'a Node,
    verb: Verb,
    path: &str,
    at: usize,
    places: &mut Vec<(usize, usize)>,
) -> Option<(usize, &'a Leaf)> {
    let Some(rest) = path.get(at..) else {
        return node.leaf.as_ref().and_then(|leaf| leaf.method(verb));
    };
    let end = memchr(b'/', rest.as_bytes()).map_or(path.len(), |slash| at + slash);
    let segment = path.get(at..end).unwrap_or_default();
    if !segment.is_empty() {
        if let Ok(child) = node.children.binary_search_by(|(own, _)| (**own).cmp(segment))
            && let Some((_, child)) = node.children.get(child)
            && let Some(found) = find(child, verb, path, end + 1, places)
        {
            return Some(found);
        }
        if let Some(child) = &node.parameter {
            places.push((at, end));
            if let Some(found) = find(child, verb, path, end + 1, places) {
                return Some(found);
            }
            places.pop();
        }
    }
    if rest.is_empty() {
        return None;
    }
    let found = node.greedy.as_ref()?.method(verb)?;
    places.push((at, path.len()));
    Some(found)
}

impl Leaf {
    /// The method for `verb`, its own before ANY.
    fn method(&self, verb: Verb) -> Option<(usize, &Self)> {
        let own = self.methods.iter().find(|method| method.verb == Some(verb));
        let any = || self.methods.iter().find(|method| method.verb.is_none());
        own.or_else(any).map(|method| (method.index, self))
    }
}

enum Segment<'a> {
    Static(&'a str),
    Parameter(&'a str),
    Greedy(&'a str),
}

impl<'a> Segment<'a> {
    fn of(segment: &'a str) -> Option<Self> {
        if segment.is_empty() {
            return None;
        }
        match segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
            None => Some(Self::Static(segment)),
            Some(inner) => match inner.strip_suffix('+') {
                Some("") => None,
                Some(name) => Some(Self::Greedy(name)),
                None if inner.is_empty() => None,
                None => Some(Self::Parameter(inner)),
            },
        }
    }
}

/// The segments of a resource's path without its leading slash; none for the root.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(move |_| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, prop_assert_eq, proptest};
    use proptest::sample::select;

    use super::*;

    /// Resources as `path METHOD METHOD`; the index of a method is its place in this list.
    fn routes(resources: &[&str]) -> (Routes, Vec<String>) {
        let mut routes = Routes::default();
        let mut methods = Vec::new();
        for resource in resources {
            let mut words = resource.split(' ');
            let path = words.next().unwrap();
            let entries = words
                .map(|name| {
                    methods.push(format!("{path} {name}"));
                    MethodEntry { verb: Verb::named(name), index: methods.len() - 1 }
                })
                .collect();
            routes.add(path, entries).unwrap();
        }
        (routes, methods)
    }

    /// `{resource} {METHOD}` of what a request meets, and its variables.
    fn met(resources: &[&str], request: &str) -> Option<String> {
        let (routes, methods) = routes(resources);
        let (verb, path) = request.split_once(' ').unwrap();
        let route = routes.resolve(Verb::named(verb).unwrap(), path)?;
        let mut text = methods[route.method].clone();
        for (name, (from, to)) in route.names.iter().zip(&route.places) {
            text += &format!(" {name}={}", &path[*from..*to]);
        }
        Some(text)
    }

    fn check(resources: &[&str], cases: &[(&str, Option<&str>)]) {
        for (request, expected) in cases {
            assert_eq!(met(resources, request).as_deref(), *expected, "{request}");
        }
    }

    #[test]
    fn static_goes_before_variable_before_greedy() {
        check(
            &["/", "/pets GET", "/pets/{id} GET", "/pets/new GET", "/pets/{proxy+} GET", "/{proxy+} GET"],
            &[
                ("GET /pets", Some("/pets GET")),
                ("GET /pets/new", Some("/pets/new GET")),
                ("GET /pets/7", Some("/pets/{id} GET id=7")),
                ("GET /pets/7/photos", Some("/pets/{proxy+} GET proxy=7/photos")),
                ("GET /cats/7", Some("/{proxy+} GET proxy=cats/7")),
                ("GET /", None),
            ],
        );
    }

    #[test]
    fn a_verb_goes_before_any() {
        check(
            &["/pets GET ANY", "/cats ANY"],
            &[
                ("GET /pets", Some("/pets GET")),
                ("POST /pets", Some("/pets ANY")),
                ("GET /cats", Some("/cats ANY")),
            ],
        );
    }

    /// The first from AWS's own answers, the others measured on AWS by others and published.
    #[test]
    fn a_resource_without_the_verb_leaves_it_to_less_specific_ones() {
        check(
            &["/test POST", "/test/any ANY", "/{proxy+} OPTIONS"],
            &[
                ("OPTIONS /test", Some("/{proxy+} OPTIONS proxy=test")),
                ("POST /test", Some("/test POST")),
                ("OPTIONS /test/any", Some("/test/any ANY")),
                ("GET /test/any", Some("/test/any ANY")),
                ("GET /test", None),
            ],
        );
        check(
            &["/{proxy+} ANY", "/jobs", "/jobs/{type} GET", "/cors_only OPTIONS"],
            &[
                ("GET /jobs/reboot", Some("/jobs/{type} GET type=reboot")),
                ("GET /jobs", Some("/{proxy+} ANY proxy=jobs")),
                ("POST /jobs/reboot", Some("/{proxy+} ANY proxy=jobs/reboot")),
                ("GET /cors_only", Some("/{proxy+} ANY proxy=cors_only")),
            ],
        );
        check(
            &["/users", "/users/{userId} GET", "/users/me PATCH"],
            &[
                ("GET /users/me", Some("/users/{userId} GET userId=me")),
                ("PATCH /users/me", Some("/users/me PATCH")),
                ("POST /users/me", None),
            ],
        );
    }

    #[test]
    fn the_search_goes_back_up() {
        check(
            &["/a/b GET", "/{x}/c GET", "/{x}/{y}/d GET", "/{proxy+} GET"],
            &[
                ("GET /a/c", Some("/{x}/c GET x=a")),
                ("GET /a/b/d", Some("/{x}/{y}/d GET x=a y=b")),
                ("GET /a/b/e", Some("/{proxy+} GET proxy=a/b/e")),
            ],
        );
    }

    #[test]
    fn a_trailing_slash_is_ignored_and_not_in_the_variable() {
        check(
            &["/pets GET", "/{proxy+} GET", "/ GET"],
            &[
                ("GET /pets/", Some("/pets GET")),
                ("GET /test-path/", Some("/{proxy+} GET proxy=test-path")),
                ("GET /", Some("/ GET")),
            ],
        );
        check(&["/pets/{proxy+} GET"], &[("GET /pets/", None), ("GET /pets", None)]);
    }

    #[test]
    fn doubled_slashes_match_greedy_variables_only() {
        check(
            &["/a/b GET", "/a/{x} GET", "/{proxy+} GET"],
            &[
                ("GET /proxy-value//double-slash", Some("/{proxy+} GET proxy=proxy-value//double-slash")),
                ("GET /a//b", Some("/{proxy+} GET proxy=a//b")),
                ("GET /a//", Some("/{proxy+} GET proxy=a/")),
            ],
        );
    }

    #[test]
    fn nothing_is_decoded_or_normalised() {
        check(
            &["/pets GET", "/{x} GET"],
            &[
                ("GET /p%65ts", Some("/{x} GET x=p%65ts")),
                ("GET /PETS", Some("/{x} GET x=PETS")),
                ("GET /a%2Fb", Some("/{x} GET x=a%2Fb")),
                ("GET /..", Some("/{x} GET x=..")),
                ("GET /./pets", None),
            ],
        );
    }

    #[test]
    fn malformed_and_colliding_paths_are_refused() {
        let mut routes = Routes::default();
        routes.add("/a/{x+}", Vec::new()).unwrap();
        routes.add("/a/{x}", Vec::new()).unwrap();
        for path in ["a", "", "//", "/a//b", "/{}", "/{+}", "/{y+}/b", "/a/"] {
            let expected = Err(RouteError::Malformed { path: path.to_owned() });
            assert_eq!(routes.add(path, Vec::new()), expected, "{path}");
        }
        for path in ["/a/{y+}", "/a/{y}"] {
            let expected = Err(RouteError::Collision { path: path.to_owned() });
            assert_eq!(routes.add(path, Vec::new()), expected, "{path}");
        }
    }

    #[test]
    fn unusual_verbs_are_none() {
        assert_eq!(Verb::of(&Method::TRACE), None);
        assert_eq!(Verb::of(&Method::from_bytes(b"PURGE").unwrap()), None);
        assert_eq!(Verb::of(&Method::PATCH), Some(Verb::Patch));
        assert_eq!(Verb::named("ANY"), None);
    }

    /// Every resource is tried against the whole path, and the most specific match taken:
    /// slow, and plainly the rule.
    fn naive(resources: &[(String, Vec<&str>)], verb: &str, path: &str) -> Option<(String, String)> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        let mut found: Vec<(Vec<u8>, &String, &str)> = Vec::new();
        for (resource, methods) in resources {
            let wanted: Vec<&str> = resource.split('/').skip(1).filter(|part| !part.is_empty()).collect();
            let mut ranks = Vec::new();
            let mut at = 0;
            let mut fits = true;
            for part in &wanted {
                match segments.get(at) {
                    Some(_) if part.ends_with("+}") => {
                        fits &= segments[at..] != [""];
                        ranks.push(2);
                        at = segments.len();
                    }
                    Some(segment) if part.starts_with('{') => {
                        fits &= !segment.is_empty();
                        ranks.push(1);
                        at += 1;
                    }
                    Some(segment) => {
                        fits &= segment == part;
                        ranks.push(0);
                        at += 1;
                    }
                    None => fits = false,
                }
            }
            let method = methods
                .iter()
                .find(|own| **own == verb)
                .or_else(|| methods.iter().find(|own| **own == "ANY"));
            if let (true, true, Some(method)) = (fits, at == segments.len(), method) {
                found.push((ranks, resource, method));
            }
        }
        found.sort();
        found.first().map(|(_, resource, method)| ((*resource).clone(), (*method).to_owned()))
    }

    proptest! {
        #[test]
        fn the_trie_agrees_with_the_rule(
            resources in proptest::collection::vec(
                (
                    proptest::collection::vec(select(vec!["a", "b", "{x}"]), 0..4),
                    proptest::bool::ANY,
                    proptest::sample::subsequence(vec!["GET", "POST", "ANY"], 0..=3),
                ),
                0..12,
            ),
            path in proptest::collection::vec(select(vec!["a", "b", "c", ""]), 0..5)
                .prop_map(|segments| format!("/{}", segments.join("/"))),
            verb in select(vec!["GET", "POST", "PUT"]),
        ) {
            let mut routes = Routes::default();
            let mut added: Vec<(String, Vec<&str>)> = Vec::new();
            let mut methods = Vec::new();
            for (segments, greedy, verbs) in resources {
                let mut path = format!("/{}", segments.join("/"));
                if greedy {
                    path = format!("{}/{{p+}}", path.trim_end_matches('/'));
                }
                let entries: Vec<_> = verbs
                    .iter()
                    .enumerate()
                    .map(|(at, name)| MethodEntry { verb: Verb::named(name), index: methods.len() + at })
                    .collect();
                if routes.add(&path, entries).is_ok() {
                    methods.extend(verbs.iter().map(|verb| (path.clone(), (*verb).to_owned())));
                    added.push((path, verbs));
                }
            }
            let found = routes.resolve(Verb::named(verb).unwrap(), &path);
            let found = found.map(|route| methods[route.method].clone());
            prop_assert_eq!(found, naive(&added, verb, &path));
        }

        #[test]
        fn no_path_panics(path in "/[a-z/{}%.é]{0,20}") {
            let (routes, _) = routes(&["/ GET", "/a GET", "/a/{x} GET", "/{proxy+} ANY"]);
            let _ = routes.resolve(Verb::Get, &path);
        }
    }
}
