//! Filters of `Describe` operations: a thing is told if for each filter one of its values is the
//! thing's. A filter that is not built is refused, because ignoring it would tell too much.

use api::ec2::{Filter, Tag};

use super::refusals::invalid_parameter;
use crate::Outcome;

/// Whether a thing passes. `values` gives the thing's values for a filter's name, `None` for a name
/// that is unknown. `tag:` and `tag-key` are the same for all.
pub(super) fn passes(
    filters: Option<&[Filter]>,
    tags: Option<&[Tag]>,
    values: impl Fn(&str) -> Option<Vec<String>>,
) -> Outcome<bool> {
    for filter in filters.unwrap_or_default() {
        let name = filter.name.as_deref().unwrap_or_default();
        let of_tags = || tags.unwrap_or_default().iter();
        let own = match name.strip_prefix("tag:") {
            Some(key) => of_tags()
                .filter(|tag| tag.key.as_deref() == Some(key))
                .filter_map(|tag| tag.value.clone())
                .collect(),
            None if name == "tag-key" => of_tags().filter_map(|tag| tag.key.clone()).collect(),
            None => {
                values(name).ok_or_else(|| invalid_parameter(format!("The filter '{name}' is invalid")))?
            }
        };
        let wanted = filter.values.as_deref().unwrap_or_default();
        if !wanted.iter().any(|wanted| own.iter().any(|own| own == wanted)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A text as a filter's values.
pub(super) fn one(text: Option<&str>) -> Option<Vec<String>> {
    Some(text.map(str::to_owned).into_iter().collect())
}
