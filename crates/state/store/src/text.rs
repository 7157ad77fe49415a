//! JSON texts that go from one document into another as they are. Writing a value anew costs some thirty times what
//! copying its text costs, and a deployment holds hundreds that were just read.

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::document::{decode, encode_in, read_key};
use crate::{Document, StoreFault};

/// A JSON text that decodes to a `T`: the store has read it, or has put it together of such texts.
#[derive(Clone, Debug)]
pub struct Text<T> {
    json: String,
    of: PhantomData<fn() -> T>,
}

impl<T> Text<T> {
    pub(crate) fn new(json: String) -> Self {
        Self { json, of: PhantomData }
    }

    /// The JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.json
    }
}

impl<D: Document> Text<D> {
    /// The text of a document whose field `name` is the list of `items`, and whose other fields are those of
    /// `others`: the caller answers for that being a `D`. Costs a copy of the items' texts.
    ///
    /// # Errors
    ///
    /// `others` is not an object in JSON.
    pub fn with_list<T>(others: &impl Serialize, name: &str, items: &[Text<T>]) -> Result<Self, StoreFault> {
        let (mut json, name) = (encode_in(D::COLLECTION, others)?, encode_in(D::COLLECTION, &name)?);
        if json.pop() != Some('}') {
            let reason = "its other fields are not those of an object".to_owned();
            return Err(StoreFault::Unencodable { collection: D::COLLECTION, reason });
        }
        let listed: usize = items.iter().map(|item| item.json.len().saturating_add(1)).sum();
        json.reserve_exact(listed.saturating_add(name.len()).saturating_add(", : [ ] }".len()));
        if json != "{" {
            json.push(',');
        }
        json.push_str(&name);
        json.push_str(":[");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            json.push_str(&item.json);
        }
        json.push_str("]}");
        Ok(Self::new(json))
    }
}

/// A field of documents, by which its value can be listed alone
/// ([`Transaction::list_field`](crate::Transaction::list_field)).
#[derive(Clone, Copy, Debug)]
pub struct Field<D, T> {
    name: &'static str,
    of: fn(D) -> T,
}

impl<D: Document, T: Serialize + DeserializeOwned> Field<D, T> {
    /// The field that is called `name` in JSON, and what takes it out of a document. Its value is decoded as any
    /// other `T`.
    #[must_use]
    pub const fn new(name: &'static str, of: fn(D) -> T) -> Self {
        Self { name, of }
    }

    /// The field's value in the document that is stored as `body`, and its text.
    pub(crate) fn read(&self, key: &str, body: &str) -> Result<(T, Text<T>), StoreFault> {
        if let Some(found) = self.cut(body) {
            return Ok(found);
        }
        // A document of another version, or a bad one, of which this tells what is wrong.
        let value = (self.of)(decode(&read_key::<D>(key)?, body)?);
        let text = Text::new(encode_in(D::COLLECTION, &value)?);
        Ok((value, text))
    }

    /// The same of a document that is written as this version writes one that has no other field. The value ends
    /// where the decoder says so; nothing is read twice.
    fn cut(&self, body: &str) -> Option<(T, Text<T>)> {
        let rest = body.strip_prefix("{\"")?.strip_prefix(self.name)?.strip_prefix("\":")?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter();
        let value = values.next()?.ok()?;
        let (text, end) = rest.split_at_checked(values.byte_offset())?;
        (end == "}").then(|| (value, Text::new(text.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::Key;

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Parcel {
        content: Thing,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Thing {
        name: String,
    }

    impl Document for Parcel {
        const COLLECTION: &'static str = "test/parcels";
    }

    const CONTENT: Field<Parcel, Thing> = Field::new("content", |parcel| parcel.content);

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Shelf {
        label: String,
        things: Vec<Thing>,
    }

    impl Document for Shelf {
        const COLLECTION: &'static str = "test/shelves";
    }

    fn thing(name: &str) -> Thing {
        Thing { name: name.to_owned() }
    }

    fn read(body: &str) -> Result<(Thing, Text<Thing>), StoreFault> {
        CONTENT.read(&Key::new(["a"]).encode(), body)
    }

    #[test]
    fn a_value_is_cut_out_only_if_there_is_nothing_else() {
        let check = |body: &str, cut: Option<&str>, expected: (&str, &str)| {
            assert_eq!(CONTENT.cut(body).map(|(_, text)| text.json).as_deref(), cut, "{body}");
            let (value, text) = read(body).unwrap();
            assert_eq!((value, text.as_str()), (thing(expected.0), expected.1), "{body}");
        };
        let whole = |body: &str, text: &str, name: &str| check(body, Some(text), (name, text));
        whole(r#"{"content":{"name":"x"}}"#, r#"{"name":"x"}"#, "x");
        whole(
            r#"{"content":{"name":"\"}}\\\u00e4ü€😀\n"}}"#,
            r#"{"name":"\"}}\\\u00e4ü€😀\n"}"#,
            "\"}}\\äü€😀\n",
        );
        // What a newer version has inside the value is kept.
        whole(r#"{"content":{"new":[{}],"name":"x"}}"#, r#"{"new":[{}],"name":"x"}"#, "x");
        whole(r#"{"content": { "name" : "x" }}"#, r#" { "name" : "x" }"#, "x");
        whole(r#"{"content":["x"]}"#, r#"["x"]"#, "x");
        for body in [
            r#"{"content":{"name":"x"},"new":{}}"#,
            r#"{"new":{"content":{"name":"y"}},"content":{"name":"x"}}"#,
            r#"{ "content":{"name":"x"}}"#,
            r#"{"content" :{"name":"x"}}"#,
            r#"{"content":{"name":"x"} }"#,
            "{\"content\":{\"name\":\"x\"}}\n",
            r#"{"cont\u0065nt":{"name":"x"}}"#,
            r#"{"contents":{"name":"y"},"content":{"name":"x"}}"#,
            r#"[{"name":"x"}]"#,
        ] {
            check(body, None, ("x", r#"{"name":"x"}"#));
        }
    }

    #[test]
    fn a_document_of_another_shape_is_refused() {
        for (body, why) in [
            (r#"{"content":{"name":"x"}"#, "EOF"),
            (r#"{"content":{"name":"x"}}}"#, "trailing characters"),
            (r#"{"content":{"name":"x"}}{}"#, "trailing characters"),
            (r#"{"content":{"name":"x"},}"#, "trailing comma"),
            (r#"{"content":{"name":"x"},"content":{"name":"x"}}"#, "duplicate field"),
            (r#"{"content":{"name":"x","name":"y"}}"#, "duplicate field"),
            (r#"{"content":{}}"#, "missing field `name`"),
            (r#"{"content":null}"#, "invalid type"),
            (r#"{"content":"#, "EOF"),
            (r"{}", "missing field `content`"),
            ("", "EOF"),
        ] {
            let refused = read(body).map(|(value, _)| value);
            let Err(StoreFault::Undecodable { collection, key, reason }) = refused else {
                panic!("{body}: {refused:?}")
            };
            assert_eq!((collection, key.as_str()), (Parcel::COLLECTION, "a"));
            assert!(reason.contains(why), "{body}: {reason}");
        }
    }

    #[test]
    fn a_list_is_put_together_of_texts() {
        #[derive(Serialize)]
        struct Others {
            label: &'static str,
        }
        #[derive(Serialize)]
        struct None {}
        let texts = |texts: &[&str]| -> Vec<Text<Thing>> {
            texts.iter().map(|&text| Text::new(text.to_owned())).collect()
        };
        let check = |items: &[&str], expected: &str| {
            let text = Text::<Shelf>::with_list(&Others { label: "ä\"]}" }, "things", &texts(items)).unwrap();
            assert_eq!(text.as_str(), expected);
        };
        check(&[], r#"{"label":"ä\"]}","things":[]}"#);
        check(&[r#"{"name":"x"}"#], r#"{"label":"ä\"]}","things":[{"name":"x"}]}"#);
        check(
            &[r#"{"name":"x"}"#, r#" {"name":"ü"}"#, r#"["z"]"#],
            r#"{"label":"ä\"]}","things":[{"name":"x"}, {"name":"ü"},["z"]]}"#,
        );
        let alone = Text::<Shelf>::with_list(&None {}, "\"", &texts(&["1", "2"])).unwrap();
        assert_eq!(alone.as_str(), r#"{"\"":[1,2]}"#);
        let refused = Text::<Shelf>::with_list(&["label"], "things", &texts(&[])).map(|text| text.json);
        assert_eq!(
            refused,
            Err(StoreFault::Unencodable {
                collection: Shelf::COLLECTION,
                reason: "its other fields are not those of an object".into()
            })
        );
    }

    proptest! {
        #[test]
        fn texts_decode_to_their_values(label: String, things: Vec<(String, bool)>) {
            #[derive(Serialize)]
            struct Others<'a> {
                label: &'a str,
            }
            let (mut values, mut texts) = (Vec::new(), Vec::new());
            for (name, pretty) in things {
                let parcel = Parcel { content: Thing { name } };
                let encode = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
                let body = encode(&parcel).unwrap();
                prop_assert_eq!(CONTENT.cut(&body).is_some(), !pretty);
                let (value, text) = read(&body).unwrap();
                prop_assert_eq!(&value, &parcel.content);
                prop_assert_eq!(&serde_json::from_str::<Thing>(text.as_str()).unwrap(), &value);
                values.push(value);
                texts.push(text);
            }
            let text = Text::<Shelf>::with_list(&Others { label: &label }, "things", &texts).unwrap();
            let shelf: Shelf = serde_json::from_str(text.as_str()).unwrap();
            prop_assert_eq!(text.as_str(), serde_json::to_string(&shelf).unwrap());
            prop_assert_eq!(shelf, Shelf { label, things: values });
        }
    }
}
