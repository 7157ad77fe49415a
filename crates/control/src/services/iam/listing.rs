//! IAM's lists: `MaxItems` at a time, `Marker` to go on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::invalid_input;
use crate::call::Outcome;

/// What a list answers when `MaxItems` is not given (IAM API reference, `ListRoles`).
const DEFAULT_ITEMS: usize = 100;

/// One page of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    pub(super) is_truncated: Option<bool>,
    pub(super) marker: Option<String>,
}

/// The page of `all` behind `marker`. `place` gives an item's place in the list: a text by which
/// the list is ordered and which no two items share. A marker names the last place of a page, so
/// items that come and go between two calls shift no page.
pub(super) fn page<T>(
    mut all: Vec<T>,
    place: impl Fn(&T) -> String,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Outcome<Listed<T>> {
    all.sort_by_cached_key(&place);
    if let Some(marker) = marker {
        let after = decode(marker).ok_or_else(|| invalid_input(format!("Invalid Marker: {marker}")))?;
        all.retain(|item| place(item) > after);
    }
    let size = max_items.and_then(|n| usize::try_from(n).ok()).unwrap_or(DEFAULT_ITEMS);
    let is_truncated = all.len() > size;
    all.truncate(size);
    let marker = all.last().filter(|_| is_truncated).map(|last| URL_SAFE_NO_PAD.encode(place(last)));
    Ok(Listed { items: all, is_truncated: Some(is_truncated), marker })
}

fn decode(marker: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(marker).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(marker: Option<&str>, all: &[&'static str]) -> Listed<&'static str> {
        page(all.to_vec(), |name| (*name).to_owned(), marker, Some(2)).unwrap()
    }

    #[test]
    fn pages_cover_the_list_once() {
        let first = names(None, &["c", "a", "b"]);
        assert_eq!((first.items, first.is_truncated), (vec!["a", "b"], Some(true)));
        let second = names(first.marker.as_deref(), &["c", "a", "b"]);
        assert_eq!(second, Listed { items: vec!["c"], is_truncated: Some(false), marker: None });
        assert_eq!(names(None, &["a", "b"]).is_truncated, Some(false));
    }

    #[test]
    fn a_marker_outlives_its_item() {
        let first = names(None, &["a", "b", "c"]);
        assert_eq!(names(first.marker.as_deref(), &["a", "c"]).items, ["c"]);
    }

    #[test]
    fn a_hundred_are_answered_unless_asked_otherwise() {
        let listed = |count: usize| {
            let all: Vec<usize> = (0..count).collect();
            page(all, |n| format!("{n:04}"), None, None).unwrap().items.len()
        };
        assert_eq!((listed(100), listed(101)), (100, 100));
    }

    #[test]
    fn a_marker_that_was_never_given_out_is_refused() {
        let refused = page(vec![1], |n| n.to_string(), Some("%"), None).unwrap_err();
        assert!(
            matches!(refused, crate::Failure::Service(error) if error.message() == Some("Invalid Marker: %"))
        );
    }
}
