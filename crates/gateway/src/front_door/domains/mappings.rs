//! Which of a custom domain name's paths lead where (API Gateway developer guide, "Working with API
//! mappings for REST APIs").

use std::collections::HashMap;

use api::apigateway::BasePathMapping;
use documents::apigateway_domain_names::NO_BASE_PATH;

use super::super::address::address;
use crate::exchange::Address;

/// The base path mappings of a custom domain name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mappings {
    /// By base path, which has no slash at either end; that of all paths is empty.
    targets: HashMap<Box<str>, Target>,
    /// The segments of the longest base path.
    deepest: usize,
}

/// Where requests lead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The API's id.
    pub(super) api: Box<str>,
    /// Its stage; without one the path names it.
    pub(super) stage: Option<Box<str>>,
}

impl Mappings {
    /// Of what is stored. A mapping that leads to no API leads nowhere.
    pub(super) fn new(stored: impl IntoIterator<Item = BasePathMapping>) -> Self {
        let mut targets: HashMap<Box<str>, Target> = HashMap::new();
        for BasePathMapping { base_path, rest_api_id, stage } in stored {
            let base_path = base_path.filter(|path| path != NO_BASE_PATH).unwrap_or_default();
            if let Some(api) = rest_api_id {
                let target = Target { api: api.into(), stage: stage.map(Into::into) };
                targets.insert(base_path.into(), target);
            }
        }
        let deepest = targets.keys().map(|path| path.split('/').count()).max().unwrap_or_default();
        Self { targets, deepest }
    }

    /// The mapping with the longest base path that `path` begins with, and the places of the base
    /// path, of the stage and of what is behind it. Base paths are compared letter by letter, as
    /// they are sent.
    pub(super) fn find(&self, path: &str) -> Option<(&Target, Address)> {
        // As in front of a stage (recorded from AWS), slashes in front of the base path do not count.
        let start = path.bytes().take_while(|c| *c == b'/').count();
        let borders = path.bytes().enumerate().skip(start).filter(|(_, c)| *c == b'/').map(|(at, _)| at);
        let borders = borders.chain([path.len()]).take(self.deepest);
        let longest = borders.filter_map(|end| Some((end, self.targets.get(path.get(start..end)?)?))).last();
        let (end, target) = longest.or_else(|| Some((start, self.targets.get("")?)))?;
        let base_path = start..end;
        // What is behind an empty base path begins with the slash before it.
        let behind = if base_path.is_empty() { start.saturating_sub(1) } else { end };
        let address = match &target.stage {
            Some(_) => Address { base_path: Some(base_path), stage: behind..behind, rest: behind },
            None => Address { base_path: Some(base_path), ..address(path, behind) },
        };
        Some((target, address))
    }
}

#[cfg(test)]
mod tests {
    use proptest::proptest;

    use super::*;

    fn mappings(of: &[(&str, &str, Option<&str>)]) -> Mappings {
        Mappings::new(of.iter().map(|(path, api, stage)| BasePathMapping {
            base_path: Some((*path).to_owned()),
            rest_api_id: Some((*api).to_owned()),
            stage: stage.map(str::to_owned),
        }))
    }

    /// `{api} [{base path}] [{stage}] [{rest}]` of where a path leads.
    fn leads(mappings: &Mappings, path: &str) -> Option<String> {
        let (target, address) = mappings.find(path)?;
        let base_path = &path[address.base_path.unwrap()];
        let stage = target.stage.as_deref().unwrap_or(&path[address.stage]);
        Some(format!("{} [{base_path}] [{stage}] [{}]", target.api, &path[address.rest..]))
    }

    #[test]
    fn the_longest_base_path_wins_at_borders_of_segments() {
        // The example of the page.
        let mappings = mappings(&[
            ("(none)", "1", Some("s")),
            ("orders/v1/items", "2", Some("s")),
            ("orders/v2/items", "3", Some("s")),
            ("orders/v2/items/categories", "4", Some("s")),
        ]);
        for (path, expected) in [
            ("/orders/v1/items", "2 [orders/v1/items] [s] []"),
            ("/orders/v2/items", "3 [orders/v2/items] [s] []"),
            ("/orders/v1/items/123", "2 [orders/v1/items] [s] [/123]"),
            ("/orders/v2/items/categories/5", "4 [orders/v2/items/categories] [s] [/5]"),
            ("/customers", "1 [] [s] [/customers]"),
            ("/orders/v1/items2", "1 [] [s] [/orders/v1/items2]"),
            ("/orders/v1/item", "1 [] [s] [/orders/v1/item]"),
            ("/orders/v1", "1 [] [s] [/orders/v1]"),
            ("/", "1 [] [s] [/]"),
            ("", "1 [] [s] []"),
            ("//orders/v1/items//x", "2 [orders/v1/items] [s] [//x]"),
            ("/orders//v1/items", "1 [] [s] [/orders//v1/items]"),
            ("/orders/v%31/items", "1 [] [s] [/orders/v%31/items]"),
            ("/Orders/v1/items", "1 [] [s] [/Orders/v1/items]"),
            ("//", "1 [] [s] [/]"),
        ] {
            assert_eq!(leads(&mappings, path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_path_that_is_not_mapped_leads_nowhere() {
        let mappings = mappings(&[("v1", "1", Some("s"))]);
        for path in ["/", "", "/v2", "/v10", "/x/v1", "/V1", "/v1%2Fx", "*"] {
            assert_eq!(leads(&mappings, path), None, "{path}");
        }
        assert_eq!(leads(&Mappings::default(), "/"), None);
    }

    #[test]
    fn a_mapping_without_a_stage_takes_it_from_the_path() {
        let mappings = mappings(&[("(none)", "1", None), ("v1", "2", None)]);
        for (path, expected) in [
            ("/prod/x", "1 [] [prod] [/x]"),
            ("//prod//x", "1 [] [prod] [//x]"),
            ("/prod", "1 [] [prod] []"),
            ("/", "1 [] [] []"),
            ("/v1/prod/x", "2 [v1] [prod] [/x]"),
            ("/v1//prod/x", "2 [v1] [prod] [/x]"),
            ("/v1/prod", "2 [v1] [prod] []"),
            ("/v1", "2 [v1] [] []"),
            ("/v1/", "2 [v1] [] []"),
        ] {
            assert_eq!(leads(&mappings, path).as_deref(), Some(expected), "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_panics(path in "[/ab%é]{0,12}", one in "[ab/]{0,5}", stage in proptest::option::of("[ab]{1,2}")) {
            let mappings = mappings(&[(&one, "1", stage.as_deref()), ("a", "2", None)]);
            if let Some((_, address)) = mappings.find(&path) {
                assert!(path.get(address.base_path.unwrap()).is_some());
                assert!(path.get(address.stage).is_some() && path.get(address.rest..).is_some());
            }
        }
    }
}
