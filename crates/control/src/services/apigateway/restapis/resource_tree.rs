//! The tree that an API's resources form by their parents: what may stand where in it, and the
//! paths that follow from it.

use std::collections::HashSet;

use api::apigateway::Resource;

use super::super::refusals::{bad_request, conflict};
use crate::Outcome;

/// The resources of one API.
pub(super) struct Tree<'a>(pub(super) &'a [Resource]);

impl<'a> Tree<'a> {
    pub(super) fn find(&self, id: &str) -> Option<&'a Resource> {
        self.0.iter().find(|resource| resource.id.as_deref() == Some(id))
    }

    fn children(&self, id: &'a str) -> impl Iterator<Item = &'a Resource> {
        self.0.iter().filter(move |resource| resource.parent_id.as_deref() == Some(id))
    }

    /// The ids of a resource and of all below it.
    pub(super) fn subtree(&self, id: &str) -> HashSet<&'a str> {
        let mut found = HashSet::new();
        let mut next: Vec<&str> =
            self.find(id).and_then(|resource| resource.id.as_deref()).into_iter().collect();
        while let Some(id) = next.pop() {
            if found.insert(id) {
                next.extend(self.children(id).filter_map(|child| child.id.as_deref()));
            }
        }
        found
    }

    /// Whether the resource `itself`, or a new one, may be `part` below `parent`. Texts recorded
    /// from AWS.
    pub(super) fn check_place(&self, parent: &'a Resource, part: &str, itself: Option<&str>) -> Outcome<()> {
        let greedy = |part: &str| part.ends_with("+}");
        let greedy_parent = parent.path_part.as_deref().filter(|part| greedy(part));
        let is_parent = itself.is_some_and(|id| self.0.iter().any(|r| r.parent_id.as_deref() == Some(id)));
        if let Some(greedy) = greedy_parent.or(Some(part).filter(|part| is_parent && greedy(part))) {
            return Err(bad_request(format!(
                "Cannot create a child of a resource with a greedy path variable: {greedy}"
            )));
        }
        let siblings = self
            .children(parent.id.as_deref().unwrap_or_default())
            .filter(|sibling| sibling.id.as_deref() != itself)
            .filter_map(|sibling| sibling.path_part.as_deref());
        for sibling in siblings {
            if sibling == part {
                return Err(conflict(format!(
                    "Another resource with the same parent already has this name: {part}"
                )));
            }
            if sibling.starts_with('{') && part.starts_with('{') {
                return Err(bad_request(format!(
                    "A sibling ({sibling}) of this resource already has a variable path part -- only one is \
                     allowed"
                )));
            }
        }
        Ok(())
    }
}

/// A resource's full path.
pub(super) fn path(resource: &Resource) -> &str {
    resource.path.as_deref().unwrap_or("/")
}

/// The path of `part` below `parent`.
pub(super) fn below(parent: &str, part: &str) -> String {
    format!("{}/{part}", parent.trim_end_matches('/'))
}

/// Puts `resource` in the place of the one with its id.
pub(super) fn replace(resources: &mut [Resource], resource: Resource) {
    if let Some(place) = resources.iter_mut().find(|known| known.id == resource.id) {
        *place = resource;
    }
}

/// Rewrites the paths below the resource `id`; answers it and what was changed.
pub(super) fn rewrite(resources: &mut [Resource], id: &str) -> Vec<Resource> {
    let below_it: HashSet<String> = Tree(resources).subtree(id).into_iter().map(str::to_owned).collect();
    let mut next = vec![id.to_owned()];
    while let Some(parent) = next.pop() {
        let parent_path =
            Tree(resources).find(&parent).map(|parent| path(parent).to_owned()).unwrap_or_default();
        for child in resources.iter_mut().filter(|r| r.parent_id.as_deref() == Some(&*parent)) {
            child.path = Some(below(&parent_path, child.path_part.as_deref().unwrap_or_default()));
            next.extend(child.id.clone());
        }
    }
    let changed = |resource: &&Resource| resource.id.as_ref().is_some_and(|id| below_it.contains(id));
    resources.iter().filter(changed).cloned().collect()
}

/// Refuses what is neither a name nor a variable in braces. Texts recorded from AWS.
pub(super) fn check_path_part(part: &str) -> Outcome<()> {
    let named = |name: &str, more: &[u8]| {
        !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
    };
    let valid = match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(variable) => named(variable.strip_suffix('+').unwrap_or(variable), b"._-"),
        None => named(part, b"._-:"),
    };
    if valid {
        return Ok(());
    }
    Err(bad_request(if part.is_empty() {
        "Resource's path part must be specified"
    } else {
        "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at \
         the beginning and the end."
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(id: &str, parent: Option<&str>, part: Option<&str>) -> Resource {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Resource { id: text(Some(id)), parent_id: text(parent), path_part: text(part), ..Resource::default() }
    }

    fn paths(resources: &[Resource]) -> Vec<&str> {
        resources.iter().filter_map(|resource| resource.path.as_deref()).collect()
    }

    #[test]
    fn paths_follow_from_the_parents() {
        let mut resources = vec![
            Resource { path: Some("/".into()), ..resource("root", None, None) },
            resource("c", Some("b"), Some("{c+}")),
            resource("b", Some("a"), Some("b")),
            resource("a", Some("root"), Some("a")),
        ];
        assert_eq!(rewrite(&mut resources, "root").len(), 4);
        assert_eq!(paths(&resources), ["/", "/a/b/{c+}", "/a/b", "/a"]);
        assert_eq!(Tree(&resources).subtree("b"), HashSet::from(["b", "c"]));
        assert_eq!(Tree(&resources).subtree("nope"), HashSet::new());
    }

    /// A store that was damaged must not hang anything.
    #[test]
    fn a_circle_ends() {
        let resources = vec![resource("a", Some("b"), Some("a")), resource("b", Some("a"), Some("b"))];
        assert_eq!(Tree(&resources).subtree("a"), HashSet::from(["a", "b"]));
    }
}
