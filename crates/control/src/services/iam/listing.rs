//! IAM's lists: `MaxItems` at a time, `Marker` to go on, in the order of names.

use api::iam::errors::INVALID_INPUT_EXCEPTION;
use wire::ServiceError;

use crate::call::Outcome;

/// What a list answers when `MaxItems` is not given (IAM API reference, `ListRoles`).
const DEFAULT_ITEMS: usize = 100;

/// One page of a list.
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    pub(super) is_truncated: Option<bool>,
    pub(super) marker: Option<String>,
}

/// The page of `all` that starts at `marker`.
pub(super) fn page<T>(all: Vec<T>, marker: Option<&str>, max_items: Option<i32>) -> Outcome<Listed<T>> {
    let start = match marker {
        None => 0,
        Some(marker) => marker
            .parse::<usize>()
            .map_err(|_| ServiceError::new(&INVALID_INPUT_EXCEPTION, format!("Invalid Marker: {marker}")))?,
    };
    let size = max_items.and_then(|n| usize::try_from(n).ok()).unwrap_or(DEFAULT_ITEMS);
    let end = start.saturating_add(size);
    let truncated = end < all.len();
    Ok(Listed {
        items: all.into_iter().skip(start).take(size).collect(),
        is_truncated: Some(truncated),
        marker: truncated.then(|| end.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_the_list_once() {
        let first = page(vec![1, 2, 3], None, Some(2)).unwrap();
        assert_eq!(
            (first.items, first.is_truncated, first.marker.as_deref()),
            (vec![1, 2], Some(true), Some("2"))
        );
        let second = page(vec![1, 2, 3], Some("2"), Some(2)).unwrap();
        assert_eq!((second.items, second.is_truncated, second.marker), (vec![3], Some(false), None));
        assert!(page(vec![1], Some("x"), None).is_err());
    }
}
