//! What all services ask of tags (AWS General Reference, "Tag naming limits and requirements").
//! Each service words the refusals in its own errors.

use indexmap::IndexMap;

/// Tags of one resource.
const MAXIMUM_TAGS: usize = 50;

/// A key, in characters.
const MAXIMUM_KEY: usize = 128;

/// A value, in characters.
const MAXIMUM_VALUE: usize = 256;

/// Keys that begin so are AWS's own.
const RESERVED: &str = "aws:";

/// What is wrong with tags.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TagFault {
    /// There would be more than a resource may have.
    #[error("A resource can have at most {MAXIMUM_TAGS} tags.")]
    TooMany,
    /// The key is empty or too long.
    #[error("Invalid tag key '{0}'. Tag keys must be between 1 and {MAXIMUM_KEY} characters long.")]
    Key(String),
    /// The key is one of AWS's own.
    #[error("Invalid tag key '{0}'. Tag keys that start with '{RESERVED}' are reserved for AWS use.")]
    Reserved(String),
    /// The value is too long.
    #[error("Invalid tag value for key '{0}'. Tag values can be at most {MAXIMUM_VALUE} characters long.")]
    Value(String),
}

/// Adds `given` to `tags`, each in place of the one with the same key. Nothing is changed if
/// one of them is refused.
pub(crate) fn add(
    tags: &mut IndexMap<String, String>,
    given: &IndexMap<String, String>,
) -> Result<(), TagFault> {
    for (key, value) in given {
        if !(1..=MAXIMUM_KEY).contains(&key.chars().count()) {
            return Err(TagFault::Key(key.clone()));
        }
        if key.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED)) {
            return Err(TagFault::Reserved(key.clone()));
        }
        if value.chars().count() > MAXIMUM_VALUE {
            return Err(TagFault::Value(key.clone()));
        }
    }
    let added = given.keys().filter(|key| !tags.contains_key(*key)).count();
    if tags.len() + added > MAXIMUM_TAGS {
        return Err(TagFault::TooMany);
    }
    tags.extend(given.iter().map(|(key, value)| (key.clone(), value.clone())));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> IndexMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_new_value_takes_the_place_of_the_old() {
        let mut tags = map(&[("a", "1"), ("b", "2")]);
        add(&mut tags, &map(&[("b", "3"), ("c", "")])).unwrap();
        assert_eq!(tags, map(&[("a", "1"), ("b", "3"), ("c", "")]));
    }

    #[test]
    fn both_sides_of_each_border() {
        let key = |length| "k".repeat(length);
        let check = |key: &str, value: &str| add(&mut IndexMap::new(), &map(&[(key, value)]));
        assert_eq!(check(&key(128), &"v".repeat(256)), Ok(()));
        assert_eq!(check(&key(129), ""), Err(TagFault::Key(key(129))));
        assert_eq!(check("", ""), Err(TagFault::Key(String::new())));
        assert_eq!(check("k", &"v".repeat(257)), Err(TagFault::Value("k".into())));
        assert_eq!(check("AWS:k", ""), Err(TagFault::Reserved("AWS:k".into())));
        assert_eq!(check("awsk", ""), Ok(()));
    }

    #[test]
    fn fifty_fit() {
        let of =
            |count: usize| (0..count).map(|n| (n.to_string(), String::new())).collect::<IndexMap<_, _>>();
        let mut tags = of(49);
        add(&mut tags, &map(&[("x", "")])).unwrap();
        add(&mut tags, &map(&[("0", "changed")])).unwrap();
        assert_eq!(add(&mut tags, &map(&[("y", "")])), Err(TagFault::TooMany));
        assert_eq!(tags.len(), 50);
    }
}
