//! Routing rules of custom domain names: which headers and base paths lead where (API Gateway developer
//! guide, "Routing rules to connect API stages to a custom domain name for REST APIs").

use api::apigatewayv2::{RoutingRule, RoutingRuleCondition};
use http::HeaderName;

use super::mappings::Target;
use crate::exchange::Address;
use crate::message::Headers;

/// The rules of a custom domain name, in the order in which they are asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rules(Vec<Rule>);

/// A rule: what all of its conditions hold for goes to its target.
#[derive(Debug, PartialEq, Eq)]
struct Rule {
    /// One header of each has to match.
    headers: Vec<Vec<(HeaderName, Glob)>>,
    /// One of them has to be what the path begins with, if there are any.
    base_paths: Option<Vec<Box<str>>>,
    target: Target,
    /// Whether the API sees the path without the base path.
    strips: bool,
}

/// A header's value, with or without anything before or behind it.
#[derive(Debug, PartialEq, Eq)]
struct Glob {
    before: bool,
    text: Box<str>,
    behind: bool,
}

impl Rules {
    /// Of what is stored; an error names what cannot be asked, for a rule that is passed over could send
    /// requests where they must not go.
    pub(super) fn new(stored: Vec<RoutingRule>) -> Result<Self, String> {
        let mut stored = stored;
        stored.sort_by_key(|rule| rule.priority);
        stored.iter().map(Rule::new).collect::<Result<_, _>>().map(Self)
    }

    /// The first rule whose conditions hold, and the places of the base path and of what is behind it.
    pub(super) fn find(&self, path: &str, headers: &Headers) -> Option<(&Target, Address)> {
        self.0.iter().find_map(|rule| {
            // As in front of a stage (recorded from AWS), slashes in front of the base path do not count.
            let start = path.bytes().take_while(|c| *c == b'/').count();
            let end = match &rule.base_paths {
                None => start,
                Some(paths) => paths.iter().find_map(|base| end_of(path, start, base))?,
            };
            if !rule.headers.iter().all(|any| any.iter().any(|(name, glob)| glob.is_in(headers, name))) {
                return None;
            }
            let end = if rule.strips { end } else { start };
            let behind = if end == start { start.saturating_sub(1) } else { end };
            Some((&rule.target, Address { base_path: Some(start..end), stage: behind..behind, rest: behind }))
        })
    }
}

/// Where the base path ends that `path` has at `start`, at the border of a segment.
fn end_of(path: &str, start: usize, base: &str) -> Option<usize> {
    let behind = path.get(start..)?.strip_prefix(base)?;
    (behind.is_empty() || behind.starts_with('/')).then(|| start + base.len())
}

impl Rule {
    fn new(stored: &RoutingRule) -> Result<Self, String> {
        let id = stored.routing_rule_id.as_deref().unwrap_or_default();
        let fault = |what: &str| format!("the routing rule {id} {what}");
        let [action] = stored.actions.as_deref().unwrap_or_default() else {
            return Err(fault("has no action"));
        };
        let to = &action.invoke_api;
        let target = Target { api: to.api_id.as_str().into(), stage: Some(to.stage.as_str().into()) };
        let strips = to.strip_base_path == Some(true);
        let mut rule = Self { headers: Vec::new(), base_paths: None, target, strips };
        for RoutingRuleCondition { match_headers, match_base_paths } in stored.conditions.iter().flatten() {
            if let Some(given) = match_headers {
                let any = given.any_of.iter().map(|value| {
                    let name = value.header.parse().map_err(|_| fault("names no header"))?;
                    Ok((name, Glob::of(&value.value_glob)))
                });
                rule.headers.push(any.collect::<Result<_, String>>()?);
            }
            if let Some(given) = match_base_paths {
                rule.base_paths
                    .get_or_insert_default()
                    .extend(given.any_of.iter().map(|path| path.as_str().into()));
            }
        }
        Ok(rule)
    }
}

impl Glob {
    fn of(text: &str) -> Self {
        let (text, before) = text.strip_prefix('*').map_or((text, false), |rest| (rest, true));
        let (text, behind) = text.strip_suffix('*').map_or((text, false), |rest| (rest, true));
        Self { before, text: text.into(), behind }
    }

    /// Whether one of the values of a header is like this.
    fn is_in(&self, headers: &Headers, name: &HeaderName) -> bool {
        headers.get_all(name).filter_map(|value| value.to_str().ok()).any(|value| {
            match (self.before, self.behind) {
                (false, false) => value == &*self.text,
                (true, false) => value.ends_with(&*self.text),
                (false, true) => value.starts_with(&*self.text),
                (true, true) => value.contains(&*self.text),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::proptest;
    use serde_json::{Value, json};

    use super::*;

    fn rule(priority: i32, api: &str, conditions: Value, strip: bool) -> RoutingRule {
        let rule = json!({
            "RoutingRuleId": api,
            "Priority": priority,
            "Conditions": conditions,
            "Actions": [{"InvokeApi": {"ApiId": api, "Stage": "s", "StripBasePath": strip}}],
        });
        serde_json::from_value(rule).unwrap()
    }

    fn header(name: &str, glob: &str) -> Value {
        json!({"MatchHeaders": {"AnyOf": [{"Header": name, "ValueGlob": glob}]}})
    }

    fn paths(any: &[&str]) -> Value {
        json!({"MatchBasePaths": {"AnyOf": any}})
    }

    /// `{api} [{base path}] [{rest}]` of where a request goes.
    fn goes(rules: &Rules, path: &str, given: &[(&'static str, &str)]) -> Option<String> {
        let mut headers = Headers::new();
        for (name, value) in given {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let (target, address) = rules.find(path, &headers)?;
        Some(format!("{} [{}] [{}]", target.api, &path[address.base_path.unwrap()], &path[address.rest..]))
    }

    /// The first example of "Examples of how API Gateway evaluates routing rules".
    #[test]
    fn the_lowest_priority_goes_first() {
        let rules = Rules::new(vec![
            rule(100, "3", json!([]), false),
            rule(50, "2", json!([header("Hello", "World"), header("x-version", "beta")]), false),
            rule(10, "1", json!([header("Hello", "World")]), false),
        ])
        .unwrap();
        let api = |given: &[(&'static str, &str)]| goes(&rules, "/x", given).unwrap();
        assert_eq!(api(&[("hello", "World")]), "1 [] [/x]");
        assert_eq!(api(&[("hello", "World"), ("x-version", "beta")]), "1 [] [/x]");
        assert_eq!(api(&[("x-version", "beta")]), "3 [] [/x]");
        assert_eq!(api(&[("hello", "world")]), "3 [] [/x]");
    }

    #[test]
    fn all_conditions_hold_and_any_of_each() {
        let both = json!([header("Hello", "World"), header("x-version", "beta"), paths(&["a/b", "c"])]);
        let rules = Rules::new(vec![rule(1, "1", both, true)]).unwrap();
        let given = [("hello", "World"), ("x-version", "alpha"), ("x-version", "beta")];
        assert_eq!(goes(&rules, "/c/x", &given).as_deref(), Some("1 [c] [/x]"));
        assert_eq!(goes(&rules, "/a/b", &given).as_deref(), Some("1 [a/b] []"));
        assert_eq!(goes(&rules, "/a", &given), None);
        assert_eq!(goes(&rules, "/c/x", &given[..1]), None);
    }

    #[test]
    fn base_paths_end_at_segments_and_stay_unless_they_are_stripped() {
        let rules = Rules::new(vec![
            rule(1, "stripped", json!([paths(&["users"])]), true),
            rule(2, "whole", json!([paths(&["New/Users"])]), false),
        ])
        .unwrap();
        for (path, expected) in [
            ("/users", Some("stripped [users] []")),
            ("/users/7", Some("stripped [users] [/7]")),
            ("//users/7", Some("stripped [users] [/7]")),
            ("/users7", None),
            ("/Users", None),
            ("/%75sers", None),
            ("/New/Users/7", Some("whole [] [/New/Users/7]")),
            ("/new/users", None),
            ("/", None),
        ] {
            assert_eq!(goes(&rules, path, &[]).as_deref(), expected, "{path}");
        }
    }

    /// The table of "Use wildcards with header conditions".
    #[test]
    fn wildcards_stand_at_the_ends() {
        for (glob, like, unlike) in [
            ("a*", vec!["a", "account", "alpha"], vec!["ba", "A"]),
            ("*a", vec!["a", "alpha", "beta"], vec!["account", "A"]),
            ("*a*", vec!["a", "beta", "account"], vec!["user", "A"]),
            ("*", vec!["", "x"], vec![]),
            ("a", vec!["a"], vec!["aa", "", "*"]),
        ] {
            let rules = Rules::new(vec![rule(1, "1", json!([header("x-version", glob)]), false)]).unwrap();
            for value in like {
                assert!(goes(&rules, "/", &[("x-version", value)]).is_some(), "{glob} {value}");
            }
            for value in unlike {
                assert!(goes(&rules, "/", &[("x-version", value)]).is_none(), "{glob} {value}");
            }
            assert_eq!(goes(&rules, "/", &[]), None);
        }
    }

    proptest! {
        #[test]
        fn no_path_panics(path in "[/a%\\PC]{0,12}") {
            let rules = Rules::new(vec![
                rule(1, "1", json!([paths(&["a/a"])]), true),
                rule(2, "2", json!([paths(&["a"])]), false),
                rule(3, "3", json!([]), false),
            ])
            .unwrap();
            let (_, address) = rules.find(&path, &Headers::new()).unwrap();
            assert!(path.get(address.rest..).is_some() && path.get(address.base_path.unwrap()).is_some());
        }
    }
}
