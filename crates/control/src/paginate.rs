//! API Gateway's lists: `limit` items a page, and a `position` that leads to the next page for
//! as long as there is one.

use api::apigateway::errors::BAD_REQUEST_EXCEPTION;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use wire::ServiceError;

/// Items a page if the caller does not say (API Gateway API reference, `GetRestApis`).
const DEFAULT_LIMIT: usize = 25;

/// Items a page at most (same page). More is taken for this.
const MAXIMUM_LIMIT: usize = 500;

/// Some items of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    /// The items of this page.
    pub(crate) items: Vec<T>,
    /// Leads to the next page, if there is one.
    pub(crate) position: Option<String>,
}

/// The page of `list` behind `position`. `place` gives an item's place in the list: a text by
/// which the list is ordered and which no two items share. A position names the last place of
/// a page, so items that come and go between two calls shift no page.
pub(crate) fn page<T>(
    mut list: Vec<T>,
    place: impl Fn(&T) -> String,
    position: Option<&str>,
    limit: Option<i32>,
) -> Result<Page<T>, ServiceError> {
    list.sort_by_cached_key(&place);
    if let Some(position) = position.filter(|position| !position.is_empty()) {
        let after = decode(position)
            .ok_or_else(|| ServiceError::new(&BAD_REQUEST_EXCEPTION, "Invalid position specified"))?;
        list.retain(|item| place(item) > after);
    }
    let limit = match limit {
        None | Some(0) => DEFAULT_LIMIT,
        // A negative limit is an empty page, not an error (recorded from AWS).
        Some(limit) => usize::try_from(limit).unwrap_or(0).min(MAXIMUM_LIMIT),
    };
    let more = list.len() > limit;
    list.truncate(limit);
    let position = list.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(place(last)));
    Ok(Page { items: list, position })
}

fn decode(position: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(position).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(of: usize, limit: Option<i32>) -> Vec<usize> {
        let list: Vec<usize> = (0..of).collect();
        let mut sizes = Vec::new();
        let mut position = None;
        loop {
            let page = page(list.clone(), |n| format!("{n:06}"), position.as_deref(), limit).unwrap();
            assert!(
                page.items
                    .iter()
                    .copied()
                    .eq(sizes.iter().sum()..sizes.iter().sum::<usize>() + page.items.len())
            );
            sizes.push(page.items.len());
            position = page.position;
            if position.is_none() {
                return sizes;
            }
        }
    }

    /// Sizes: API Gateway API reference, `GetRestApis`.
    #[test]
    fn pages_have_the_asked_size() {
        for (of, limit, expected) in [
            (0, None, vec![0]),
            (25, None, vec![25]),
            (26, None, vec![25, 1]),
            (26, Some(0), vec![25, 1]),
            (5, Some(2), vec![2, 2, 1]),
            (4, Some(2), vec![2, 2]),
            (501, Some(500), vec![500, 1]),
            (501, Some(501), vec![500, 1]),
            (3, Some(-1), vec![0]),
        ] {
            assert_eq!(pages(of, limit), expected, "{of} items, limit {limit:?}");
        }
    }

    #[test]
    fn a_position_outlives_its_item() {
        let first = page(vec!["a", "b", "c"], |s| (*s).to_owned(), None, Some(2)).unwrap();
        let second = page(vec!["a", "c"], |s| (*s).to_owned(), first.position.as_deref(), Some(2)).unwrap();
        assert_eq!(second, Page { items: vec!["c"], position: None });
    }

    #[test]
    fn a_position_that_was_never_given_out_is_refused() {
        let refused = page(vec![1], |n| format!("{n}"), Some("%"), None).unwrap_err();
        assert_eq!(refused.message(), Some("Invalid position specified"));
    }
}
