//! Percent-encoded names and values: query strings and `application/x-www-form-urlencoded` bodies.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The pairs of a query string or form, decoded, in order; a name without `=` has an empty value.
/// `None` stands for a pair that is not UTF-8.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = Option<(Cow<'_, str>, Cow<'_, str>)>> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(name)?, decoded(value)?))
    })
}

/// One name or value: `+` is a space, `%XX` a byte.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return percent_decode_str(&spaced).decode_utf8().ok().map(|text| Cow::Owned(text.into_owned()));
    }
    percent_decode_str(text).decode_utf8().ok()
}

/// A label of a path: `%XX` is a byte, `+` is itself. `None` if it is not UTF-8.
pub(crate) fn label(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_in_order() {
        let found: Vec<_> = pairs("a=1&&b=x+y%2Bz&c&a=%C3%A9").map(Option::unwrap).collect();
        let expected = [("a", "1"), ("b", "x y+z"), ("c", ""), ("a", "é")];
        assert_eq!(found, expected.map(|(n, v)| (n.into(), v.into())));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(pairs("a=%FF").next(), Some(None));
        assert_eq!(label("%C3"), None);
    }

    #[test]
    fn a_label_keeps_its_plus() {
        assert_eq!(label("a+b%2Fc").as_deref(), Some("a+b/c"));
    }
}
