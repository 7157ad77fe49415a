//! XML as the JSON that templates read it as. Recorded from AWS: `$input.path` finds its way
//! through the XML answer of an AWS service as through the JSON form that services have of the
//! same answer, `{"SendMessageResponse": {"SendMessageResult": {"MessageId": "…"}}}`.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

/// Deeper documents are not read.
const DEEPEST: usize = 64;

/// Nor are larger ones: in memory an element takes many times what it takes in the text.
const MOST_ELEMENTS: usize = 100_000;

/// An element that is not at its end yet.
struct Open {
    name: String,
    members: Map<String, Value>,
    text: String,
}

/// The JSON form of a document: an element is an object of its children, those of one name are an
/// array, one without children is its text, or null if it has none. Attributes and the prefixes of
/// names are left out. `None` if it is no XML, or has a document type: what entities stand for is
/// nobody else's business.
#[must_use]
pub fn to_json(xml: &str) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    loop {
        if elements > MOST_ELEMENTS {
            return None;
        }
        match reader.read_event().ok()? {
            Event::Start(start) => {
                elements += 1;
                if open.len() >= DEEPEST || (open.is_empty() && root.is_some()) {
                    return None;
                }
                open.push(Open {
                    name: start.local_name().as_ref().to_owned(),
                    members: Map::new(),
                    text: String::new(),
                });
            }
            Event::Empty(empty) => {
                elements += 1;
                let name = empty.local_name().as_ref().to_owned();
                put(&mut open, &mut root, name, Value::Null)?;
            }
            Event::End(_) => {
                let Open { name, members, text } = open.pop()?;
                let value = match (members.is_empty(), text.is_empty()) {
                    (false, _) => Value::Object(members),
                    (true, false) => Value::String(text),
                    (true, true) => Value::Null,
                };
                put(&mut open, &mut root, name, value)?;
            }
            Event::Text(text) => append(&mut open, &text)?,
            Event::CData(text) => append(&mut open, &text)?,
            Event::GeneralRef(reference) => {
                let character = match reference.resolve_char_ref().ok()? {
                    Some(character) => character,
                    None => match &*reference {
                        "lt" => '<',
                        "gt" => '>',
                        "amp" => '&',
                        "apos" => '\'',
                        "quot" => '"',
                        _ => return None,
                    },
                };
                append(&mut open, character.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return None,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return None;
    }
    let (name, value) = root?;
    Some(Value::Object(Map::from_iter([(name, value)])).to_string())
}

/// Text within an element. Between elements there may only be blanks.
fn append(open: &mut [Open], text: &str) -> Option<()> {
    match open.last_mut() {
        Some(element) => {
            element.text.push_str(text);
            Some(())
        }
        None => text.trim().is_empty().then_some(()),
    }
}

/// Puts an element that is at its end into the one around it.
fn put(open: &mut [Open], root: &mut Option<(String, Value)>, name: String, value: Value) -> Option<()> {
    let Some(around) = open.last_mut() else {
        return root.replace((name, value)).is_none().then_some(());
    };
    match around.members.get_mut(&name) {
        None => {
            around.members.insert(name, value);
        }
        Some(Value::Array(many)) => many.push(value),
        Some(one) => *one = Value::Array(vec![one.take(), value]),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(xml: &str, expected: Option<&str>) {
        assert_eq!(to_json(xml).as_deref(), expected, "{xml}");
    }

    /// SQS's answer in XML and in JSON (AWS's API reference, `SendMessage`).
    #[test]
    fn an_answer_is_read_as_its_json_form() {
        check(
            "<?xml version=\"1.0\"?>\n<SendMessageResponse xmlns=\"http://queue.amazonaws.com/doc/2012-11-05/\">\n  \
             <SendMessageResult>\n    <MessageId>m-1</MessageId>\n    <MD5OfMessageBody>a&amp;b</MD5OfMessageBody>\n  \
             </SendMessageResult>\n  <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>\n\
             </SendMessageResponse>\n",
            Some(
                "{\"SendMessageResponse\":{\"SendMessageResult\":{\"MessageId\":\"m-1\",\"MD5OfMessageBody\":\"a&b\"},\
                 \"ResponseMetadata\":{\"RequestId\":\"r-1\"}}}",
            ),
        );
    }

    #[test]
    fn elements_of_one_name_are_a_list_and_empty_ones_are_null() {
        check(
            "<a><b>1</b><c/><b>2</b><b><d></d></b></a>",
            Some("{\"a\":{\"b\":[\"1\",\"2\",{\"d\":null}],\"c\":null}}"),
        );
        check("<x:a y=\"1\"><x:b><![CDATA[<&>]]>&#x41;&lt;</x:b></x:a>", Some("{\"a\":{\"b\":\"<&>A<\"}}"));
    }

    #[test]
    fn what_is_no_document_is_not_read() {
        for xml in ["", "text", "<a>", "<a></b>", "<a/><b/>", "<a/>text", "</a>", "<a>&unknown;</a>"] {
            check(xml, None);
        }
        check("<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", None);
        let deep = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
        assert!(to_json(&deep(DEEPEST)).is_some());
        assert!(to_json(&deep(DEEPEST + 1)).is_none());
        let wide = |elements: usize| format!("<a>{}</a>", "<b/>".repeat(elements - 1));
        assert!(to_json(&wide(MOST_ELEMENTS)).is_some());
        assert!(to_json(&wide(MOST_ELEMENTS + 1)).is_none());
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_json(xml in "(<a>|</a>|<b/>|<x:c d='e'>|</x:c>|&lt;|&#0;|&x;|<!\\[CDATA\\[|\\]\\]>|<!--|-->|[a-z<>&;/! ]){0,24}") {
            if let Some(json) = to_json(&xml) {
                proptest::prop_assert!(serde_json::from_str::<Value>(&json).is_ok_and(|value| value.is_object()));
            }
        }
    }
}
