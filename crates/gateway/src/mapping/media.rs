//! Media types: which of them an API treats as binary, and which one chooses a template.

/// The media type of a `Content-Type` or of one entry of `Accept`, without its parameters
/// (API Gateway developer guide: "Only the MIME type is used").
#[must_use]
pub fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

/// The only media type of an `Accept` header that API Gateway looks at: the first (API
/// Gateway developer guide, "Amazon API Gateway important notes").
#[must_use]
pub fn first_accepted(accept: &str) -> &str {
    essence(accept.split(',').next().unwrap_or_default())
}

/// An API's `binaryMediaTypes`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BinaryTypes(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// `*/*`
    All,
    /// `image/*`, kept as `image/`.
    Family(Box<str>),
    /// `image/png`, and `*/png`, which no header ever equals.
    Exactly(Box<str>),
}

impl BinaryTypes {
    /// Of the API's list.
    #[must_use]
    pub fn new(types: &[String]) -> Self {
        Self(
            types
                .iter()
                .map(|entry| match entry.strip_suffix("/*") {
                    Some("*") => Entry::All,
                    Some(family) => Entry::Family(format!("{family}/").into()),
                    None => Entry::Exactly(entry.as_str().into()),
                })
                .collect(),
        )
    }

    /// Whether the API has any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a payload of this `Content-Type` is binary.
    #[must_use]
    pub fn are_sent_by(&self, content_type: Option<&str>) -> bool {
        !self.0.is_empty() && self.have(essence(content_type.unwrap_or_default()))
    }

    /// Whether a client with this `Accept` header is answered in binary. Recorded from AWS:
    /// only its first media type counts, and it has to equal an entry literally or fall under
    /// one with a wildcard on its right side; wildcards in the header itself match nothing.
    #[must_use]
    pub fn are_accepted_by(&self, accept: Option<&str>) -> bool {
        !self.0.is_empty() && self.have(first_accepted(accept.unwrap_or_default()))
    }

    fn have(&self, media_type: &str) -> bool {
        self.0.iter().any(|entry| match entry {
            Entry::All => true,
            Entry::Family(family) => media_type
                .get(..family.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(family) && media_type.len() > family.len()),
            Entry::Exactly(exact) => exact.eq_ignore_ascii_case(media_type),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(types: &[&str]) -> BinaryTypes {
        BinaryTypes::new(&types.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn parameters_do_not_belong_to_a_media_type() {
        assert_eq!(essence("application/json; charset=UTF-8"), "application/json");
        assert_eq!(essence(" text/plain "), "text/plain");
        assert_eq!(first_accepted("image/png;q=0.8, */*"), "image/png");
        assert_eq!(first_accepted(""), "");
    }

    #[test]
    fn only_the_first_accepted_type_counts_and_literally() {
        let configured = types(&["image/png", "application/*", "*/test"]);
        for (accept, expected) in [
            ("image/png,image/*,*/*;q=0.8", true),
            ("image/png", true),
            ("IMAGE/PNG", true),
            ("image/webp,image/png", false),
            ("image/*", false),
            ("*/*", false),
            ("*/test", true),
            ("any/test", false),
            ("application/pdf", true),
            ("application/*", true),
            ("application/", false),
            ("unknown", false),
            ("", false),
        ] {
            assert_eq!(configured.are_accepted_by(Some(accept)), expected, "{accept}");
        }
        assert!(!configured.are_accepted_by(None));
    }

    #[test]
    fn everything_is_binary_by_a_full_wildcard() {
        assert!(types(&["*/*"]).are_accepted_by(None));
        assert!(types(&["*/*"]).are_sent_by(Some("text/plain")));
        assert!(!types(&[]).are_sent_by(Some("image/png")));
        assert!(types(&["image/png"]).are_sent_by(Some("image/png; x=y")));
    }
}
