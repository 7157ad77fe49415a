//! Query strings: read for mappings and events, written for backends.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What is written encoded in a query string's names and values: all but RFC 3986's
/// unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A query string as sent, without its question mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<'a>(pub &'a str);

impl<'a> Query<'a> {
    /// The parameters in order, decoded once: `+` is a blank, `%2B` a plus sign (recorded
    /// from AWS). A semicolon parts them as an ampersand does (API Gateway developer guide,
    /// "Amazon API Gateway important notes").
    pub fn parameters(self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> {
        self.raw_parameters().map(|(name, value)| (decode(name), decode(value)))
    }

    /// The parameters in order, as sent.
    pub fn raw_parameters(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .split(['&', ';'])
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// The last value of `name`.
    #[must_use]
    pub fn last(self, name: &str) -> Option<Cow<'a, str>> {
        self.values(name).last()
    }

    /// All values of `name`.
    pub fn values(self, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
        self.raw_parameters().filter(move |(key, _)| decode(key) == name).map(|(_, value)| decode(value))
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let blanks = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&blanks).decode_utf8_lossy().into_owned())
}

/// Appends `name=value` to the query string `query`, with an ampersand if it is not the
/// first.
pub fn append(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.extend(utf8_percent_encode(name, ENCODED));
    query.push('=');
    query.extend(utf8_percent_encode(value, ENCODED));
}

/// Appends parameters that are encoded already.
pub fn append_raw(query: &mut String, parameters: &str) {
    if !query.is_empty() && !parameters.is_empty() {
        query.push('&');
    }
    query.push_str(parameters);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_once() {
        let parameters: Vec<_> =
            Query("email=test%2Balias@gmail.com&plus=a+b&w=foo%20bar&e=&n&%C3%A4=%ff&bad=%zz&&twice=%2525")
                .parameters()
                .collect();
        let expected = [
            ("email", "test+alias@gmail.com"),
            ("plus", "a b"),
            ("w", "foo bar"),
            ("e", ""),
            ("n", ""),
            ("ä", "\u{FFFD}"),
            ("bad", "%zz"),
            ("twice", "%25"),
        ];
        let found: Vec<_> = parameters.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_semicolon_parts_parameters() {
        let found: Vec<_> = Query("a=1;b=2").parameters().collect();
        assert_eq!(found, [("a".into(), "1".into()), ("b".into(), "2".into())]);
    }

    #[test]
    fn the_last_value_stands_for_all() {
        assert_eq!(Query("a=1&b=2&a=3").last("a").as_deref(), Some("3"));
        assert_eq!(Query("a=1&b=2&%61=3").values("a").collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(Query("a=1").last("b"), None);
        assert_eq!(Query("").last(""), None);
    }

    #[test]
    fn what_is_appended_is_encoded() {
        let mut query = String::new();
        append(&mut query, "a b", "c&d=e+f/ä");
        append_raw(&mut query, "");
        append_raw(&mut query, "g=h");
        append(&mut query, "i", "-._~");
        assert_eq!(query, "a%20b=c%26d%3De%2Bf%2F%C3%A4&g=h&i=-._~");
    }
}
