//! The tree of an API's routes, and which of them a request meets (API Gateway developer guide,
//! "Create routes for HTTP APIs in API Gateway").
//!
//! Of several routes the most specific is met that takes the verb: first one that matches the whole
//! path, segment by segment, with a fixed segment before a variable; then one with a greedy variable;
//! then `$default`. A verb's own route goes before `ANY`.
//!
//! Segments are compared decoded, and empty ones do not count: whoever restricts a route restricts it
//! in every writing of its path.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::rest::trie::Verb;

/// The key of the route that takes what no other does.
pub const DEFAULT: &str = "$default";

/// A route key that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// It is neither `$default` nor a verb and a path.
    #[error("{0:?} is not the key of a route")]
    Malformed(String),
    /// Two routes take the same requests.
    #[error("{0:?} takes the same requests as another route")]
    Collision(String),
}

/// The routes of a stage.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    root: Node,
    default: Option<usize>,
    count: usize,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Sorted by segment.
    children: Vec<(Box<str>, Node)>,
    variable: Option<Box<Node>>,
    greedy: Vec<Entry>,
    here: Vec<Entry>,
}

/// A route: its verb, where it stands in the stage's list, and the names of its variables. Routes that
/// differ in these alone may stand in the same place.
#[derive(Clone, Debug)]
struct Entry {
    /// `None` for ANY.
    verb: Option<Verb>,
    index: usize,
    names: Box<[Box<str>]>,
}

/// The values of a path's variables, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables<'r>(Vec<(&'r str, Cow<'r, str>)>);

/// What a request met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'r> {
    /// The route's index in the stage's list.
    pub route: usize,
    /// The values of its variables.
    pub variables: Variables<'r>,
}

/// Which kind of match it is, the better one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    Greedy,
}

impl<'r> Variables<'r> {
    /// The names and values in the order of the path.
    pub fn iter(&self) -> impl Iterator<Item = (&'r str, &str)> {
        self.0.iter().map(|(name, value)| (*name, &**value))
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Routes {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds the route `key` (`GET /pets/{id}`, `$default`), which stands at `index` in the stage's
    /// list.
    ///
    /// # Errors
    /// If it is none, or its requests are another's already.
    pub fn add(&mut self, key: &str, index: usize) -> Result<(), RouteError> {
        let collision = || RouteError::Collision(key.to_owned());
        if key == DEFAULT {
            if self.default.is_some() {
                return Err(collision());
            }
            self.default = Some(index);
            self.count += 1;
            return Ok(());
        }
        let malformed = || RouteError::Malformed(key.to_owned());
        let (verb, path) = key.split_once(' ').ok_or_else(malformed)?;
        let verb = match verb {
            "ANY" => None,
            verb => Some(Verb::named(verb).ok_or_else(malformed)?),
        };
        let mut segments = path.strip_prefix('/').ok_or_else(malformed)?.split('/').peekable();
        let mut names = Vec::new();
        let mut node = &mut self.root;
        let mut greedy = false;
        while let Some(segment) = segments.next() {
            if segment.is_empty() {
                continue;
            }
            let inner = segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
            match inner.map(|inner| (inner, inner.strip_suffix('+'))) {
                None => node = node.child(segment).ok_or_else(malformed)?,
                Some((_, Some(name))) if segments.peek().is_none() => {
                    names.push(name.into());
                    greedy = true;
                }
                Some((name, None)) => {
                    names.push(name.into());
                    node = node.variable.get_or_insert_default();
                }
                Some((_, Some(_))) => return Err(malformed()),
            }
        }
        let entries = if greedy { &mut node.greedy } else { &mut node.here };
        if entries.iter().any(|entry| entry.verb == verb) {
            return Err(collision());
        }
        entries.push(Entry { verb, index, names: names.into() });
        self.count += 1;
        Ok(())
    }

    /// The route that a request of `verb` for `path` meets.
    #[must_use]
    pub fn find<'r>(&'r self, verb: Verb, path: &'r str) -> Option<Found<'r>> {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let decoded: Vec<Cow<'r, str>> = segments.iter().map(|segment| decoded(segment)).collect();
        let dots = |segment: &Cow<'_, str>| segment.split('/').any(|part| matches!(part, "." | ".."));
        if decoded.iter().any(dots) {
            // Whoever reads it further on might follow it upwards, to what another route restricts.
            return None;
        }
        let sent = self.most_specific(verb, &decoded);
        let split = decoded.iter().any(|segment| segment.contains('/'));
        if split && !matches!(sent, Some((Kind::Whole, _))) {
            // A slash that was sent encoded: if a narrower route has the path as it would be read
            // without that, it is met, and not what takes all the rest.
            let plain = decoded.join("/");
            let plain: Vec<Cow<'_, str>> =
                plain.split('/').filter(|segment| !segment.is_empty()).map(Cow::Borrowed).collect();
            let narrower = self.most_specific(verb, &plain).map(|(_, met)| met.owned());
            if narrower.is_some() {
                return narrower;
            }
        }
        match sent {
            Some((_, met)) => Some(met.found()),
            None => self.default.map(|route| Found { route, variables: Variables::default() }),
        }
    }

    fn most_specific<'r, 's, 'd>(
        &'r self,
        verb: Verb,
        path: &'s [Cow<'d, str>],
    ) -> Option<(Kind, Met<'r, 's, 'd>)> {
        [Kind::Whole, Kind::Greedy].into_iter().find_map(|kind| {
            let mut values = Vec::new();
            let entry = self.root.find(verb, path, kind, &mut values)?;
            Some((kind, Met { entry, values }))
        })
    }
}

/// A route with the segments that its variables stand for.
struct Met<'r, 's, 'd> {
    entry: &'r Entry,
    values: Vec<&'s [Cow<'d, str>]>,
}

impl<'r, 'd> Met<'r, '_, 'd> {
    fn found(&self) -> Found<'r>
    where
        'd: 'r,
    {
        self.with(|segments| match segments {
            [one] => one.clone(),
            several => Cow::Owned(several.join("/")),
        })
    }

    fn owned(&self) -> Found<'r> {
        self.with(|segments| Cow::Owned(segments.join("/")))
    }

    fn with(&self, value: impl Fn(&[Cow<'d, str>]) -> Cow<'r, str>) -> Found<'r> {
        let names = self.entry.names.iter().map(|name| &**name);
        let values = self.values.iter().map(|segments| value(segments));
        Found { route: self.entry.index, variables: Variables(names.zip(values).collect()) }
    }
}

impl Node {
    /// The node behind this segment, which is there from then on.
    fn child(&mut self, segment: &str) -> Option<&mut Self> {
        let at = match self.children.binary_search_by(|(own, _)| (**own).cmp(segment)) {
            Ok(at) => at,
            Err(at) => {
                self.children.insert(at, (segment.into(), Self::default()));
                at
            }
        };
        self.children.get_mut(at).map(|(_, child)| child)
    }

    /// The most specific entry below for `verb`. Each node is looked at once at most for each variable
    /// above it, so the search ends within the number of routes.
    fn find<'r, 's, 'd>(
        &'r self,
        verb: Verb,
        path: &'s [Cow<'d, str>],
        kind: Kind,
        values: &mut Vec<&'s [Cow<'d, str>]>,
    ) -> Option<&'r Entry> {
        let Some((first, rest)) = path.split_first() else {
            return if kind == Kind::Whole { of_verb(&self.here, verb) } else { None };
        };
        if let Ok(at) = self.children.binary_search_by(|(own, _)| (**own).cmp(&**first))
            && let Some((_, child)) = self.children.get(at)
            && let Some(found) = child.find(verb, rest, kind, values)
        {
            return Some(found);
        }
        if let Some(child) = &self.variable {
            values.push(path.get(..1)?);
            if let Some(found) = child.find(verb, rest, kind, values) {
                return Some(found);
            }
            values.pop();
        }
        if kind == Kind::Whole {
            return None;
        }
        let found = of_verb(&self.greedy, verb)?;
        values.push(path);
        Some(found)
    }
}

/// The entry for `verb`, its own before ANY.
fn of_verb(entries: &[Entry], verb: Verb) -> Option<&Entry> {
    let own = entries.iter().find(|entry| entry.verb == Some(verb));
    own.or_else(|| entries.iter().find(|entry| entry.verb.is_none()))
}

fn decoded(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::*;

    fn routes(keys: &[&str]) -> Routes {
        let mut routes = Routes::default();
        for (at, key) in keys.iter().enumerate() {
            routes.add(key, at).unwrap();
        }
        routes
    }

    /// The key of the route that is met, and its variables.
    fn met(keys: &[&str], request: &str) -> Option<String> {
        let routes = routes(keys);
        let (verb, path) = request.split_once(' ').unwrap();
        let found = routes.find(Verb::named(verb).unwrap(), path)?;
        let mut text = keys[found.route].to_owned();
        for (name, value) in found.variables.iter() {
            text += &format!(" {name}={value}");
        }
        Some(text)
    }

    #[track_caller]
    fn check(keys: &[&str], cases: &[(&str, Option<&str>)]) {
        for (request, expected) in cases {
            assert_eq!(met(keys, request).as_deref(), *expected, "{request}");
        }
    }

    /// The table of the developer guide, "Routing API requests".
    #[test]
    fn the_guides_examples() {
        check(
            &["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"],
            &[
                ("GET /pets/dog/1", Some("GET /pets/dog/1")),
                ("GET /pets/dog/2", Some("GET /pets/dog/{id} id=2")),
                ("GET /pets/cat/1", Some("GET /pets/{proxy+} proxy=cat/1")),
                ("POST /test/5", Some("ANY /{proxy+} proxy=test/5")),
                ("GET /", Some("$default")),
            ],
        );
    }

    #[test]
    fn a_whole_match_goes_before_a_greedy_one_wherever_that_stands() {
        check(
            &["GET /a/{proxy+}", "GET /{x}/b", "GET /a/c/{y+}"],
            &[
                ("GET /a/b", Some("GET /{x}/b x=a")),
                ("GET /a/d", Some("GET /a/{proxy+} proxy=d")),
                ("GET /a/c/d/e", Some("GET /a/c/{y+} y=d/e")),
                ("GET /a/c", Some("GET /a/{proxy+} proxy=c")),
                ("GET /c/d", None),
            ],
        );
    }

    #[test]
    fn a_verb_goes_before_any_and_is_no_others() {
        check(
            &["GET /pets", "ANY /pets", "POST /cats", "ANY /{id}"],
            &[
                ("GET /pets", Some("GET /pets")),
                ("PUT /pets", Some("ANY /pets")),
                ("HEAD /pets", Some("ANY /pets")),
                ("POST /cats", Some("POST /cats")),
                ("GET /cats", Some("ANY /{id} id=cats")),
            ],
        );
    }

    #[test]
    fn routes_with_variables_of_other_names_share_a_place() {
        check(
            &["GET /pets/{id}", "POST /pets/{name}", "GET /pets/{pet}/toys/{toy}"],
            &[
                ("GET /pets/1", Some("GET /pets/{id} id=1")),
                ("POST /pets/1", Some("POST /pets/{name} name=1")),
                ("GET /pets/1/toys/2", Some("GET /pets/{pet}/toys/{toy} pet=1 toy=2")),
            ],
        );
    }

    /// No restriction is got round by another writing of a path.
    #[test]
    fn every_writing_of_a_path_meets_its_route() {
        let keys = ["ANY /admin", "ANY /admin/{proxy+}", "GET /items/{id}", "$default"];
        check(
            &keys,
            &[
                ("GET /admin", Some("ANY /admin")),
                ("GET /admin/", Some("ANY /admin")),
                ("GET //admin", Some("ANY /admin")),
                ("GET /%61dmin", Some("ANY /admin")),
                ("GET /admin//x", Some("ANY /admin/{proxy+} proxy=x")),
                ("GET /admin%2Fx", Some("ANY /admin/{proxy+} proxy=x")),
                ("GET /admin%2fx/y", Some("ANY /admin/{proxy+} proxy=x/y")),
                ("GET /%2Fadmin", Some("ANY /admin")),
                ("GET /items/a%2Fb", Some("GET /items/{id} id=a/b")),
                ("GET /items/a%20b", Some("GET /items/{id} id=a b")),
                ("GET /x/../admin", None),
                ("GET /x/%2e%2E/admin", None),
                ("GET /./admin", None),
                ("GET /items/..%2Fadmin", None),
                ("GET /Admin", Some("$default")),
                ("GET /admin.", Some("$default")),
            ],
        );
    }

    #[test]
    fn a_greedy_variable_stands_for_something() {
        check(
            &["ANY /{proxy+}", "ANY /a/{proxy+}"],
            &[("GET /", None), ("GET /a/", Some("ANY /{proxy+} proxy=a"))],
        );
    }

    #[test]
    fn what_is_no_route_is_refused() {
        let add = |keys: &[&str]| {
            let mut routes = Routes::default();
            keys.iter().enumerate().try_for_each(|(at, key)| routes.add(key, at))
        };
        for key in ["", "GET", "get /x", "GET x", "GET /{a+}/x"] {
            assert_eq!(add(&[key]), Err(RouteError::Malformed(key.to_owned())), "{key}");
        }
        let collision = |key: &str| Err(RouteError::Collision(key.to_owned()));
        assert_eq!(add(&["GET /{a}", "GET /{b}"]), collision("GET /{b}"));
        assert_eq!(add(&["$default", "$default"]), collision("$default"));
        assert_eq!(add(&["GET /{a+}", "GET /{b}", "ANY /{c+}"]), Ok(()));
        // Found by `http_route`: the first one stays.
        let mut routes = Routes::default();
        assert!(routes.add("$default", 0).is_ok() && routes.add("$default", 1).is_err());
        assert_eq!((routes.find(Verb::Get, "/x").map(|found| found.route), routes.len()), (Some(0), 1));
    }

    proptest! {
        #[test]
        fn no_path_panics(path in "(/|[a-c]|%2[fFeE]|\\.|%|ä){0,16}") {
            let routes = routes(&["GET /a/{x}", "ANY /{y+}", "GET /a/b/{z+}", "$default"]);
            let _ = routes.find(Verb::Get, &path);
        }
    }
}
