//! Lambda's lists: `MaxItems` at a time, `Marker` to go on.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::invalid;
use crate::call::Outcome;

/// How many a list answers if nothing else is said, and at most (Lambda API reference,
/// `ListFunctions`).
const PAGE: usize = 50;

/// The page of `all` behind `marker`, and the marker of the next. `place` gives an item's place
/// in the list: a text by which the list is ordered and which no two items share. A marker names
/// the last place of a page, so items that come and go between two calls shift no page.
pub(super) fn page<T>(
    mut all: Vec<T>,
    place: impl Fn(&T) -> String,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Outcome<(Vec<T>, Option<String>)> {
    all.sort_by_cached_key(&place);
    // Clients send the empty marker that some answers carry.
    if let Some(marker) = marker.filter(|marker| !marker.is_empty()) {
        let after = decode(marker).ok_or_else(|| invalid("The marker is not one that was given out."))?;
        all.retain(|item| place(item) > after);
    }
    let size = max_items.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0).unwrap_or(PAGE).min(PAGE);
    let more = all.len() > size;
    all.truncate(size);
    let next = all.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(place(last)));
    Ok((all, next))
}

fn decode(marker: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(marker).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(of: usize, max_items: Option<i32>) -> Vec<usize> {
        let (mut sizes, mut marker) = (Vec::new(), None);
        loop {
            let all: Vec<usize> = (0..of).collect();
            let (items, next) = page(all, |n| format!("{n:05}"), marker.as_deref(), max_items).unwrap();
            assert_eq!(items.first().copied().unwrap_or(0), sizes.iter().sum::<usize>());
            sizes.push(items.len());
            match next {
                Some(next) => marker = Some(next),
                None => return sizes,
            }
        }
    }

    /// Lambda API reference, `ListFunctions`: at most 50, even if more are asked for.
    #[test]
    fn pages_have_the_asked_size() {
        for (of, max_items, expected) in [
            (0, None, vec![0]),
            (50, None, vec![50]),
            (51, None, vec![50, 1]),
            (51, Some(10_000), vec![50, 1]),
            (5, Some(2), vec![2, 2, 1]),
        ] {
            assert_eq!(sizes(of, max_items), expected, "{of} items, {max_items:?}");
        }
    }

    #[test]
    fn markers_are_read_with_care() {
        let names = |marker| page(vec!["b", "a"], |name| (*name).to_owned(), Some(marker), None);
        assert_eq!(names("").unwrap().0, ["a", "b"]);
        assert!(names("%").is_err());
    }
}
