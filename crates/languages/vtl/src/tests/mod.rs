//! The language as API Gateway speaks it, rendered with one request.

mod bounds;
mod context;
mod corpus;
mod documented;
mod input;
mod properties;
mod util;

use std::borrow::Cow;

use crate::{Lookup, Overrides, Place, RenderError, Scene, Template};

/// `POST /prod/pets/7?type=cat&type=dog` with some headers and a body.
pub(crate) struct Request {
    pub(crate) body: &'static str,
}

const CONTEXT: [(&str, Option<&str>); 6] = [
    ("apiId", Some("abc123")),
    ("httpMethod", Some("POST")),
    ("identity.caller", None),
    ("identity.sourceIp", Some("127.0.0.1")),
    ("requestTimeEpoch", Some("1721241291500")),
    ("stage", Some("prod")),
];

impl Scene for Request {
    fn body(&self) -> &str {
        self.body
    }

    fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "petId" => Some("7".into()),
            "type" => Some("dog".into()),
            "X-Owner" | "x-owner" => Some("it's me".into()),
            _ => None,
        }
    }

    fn each_parameter(&self, place: Place, each: &mut dyn FnMut(&str, &str)) {
        match place {
            Place::Path => each("petId", "7"),
            Place::QueryString => {
                each("type", "cat");
                each("type", "dog");
            }
            Place::Header => {
                each("Host", "localhost");
                each("X-Owner", "it's me");
            }
        }
    }

    fn context(&self, name: &str, out: &mut String) -> Lookup {
        match CONTEXT.iter().find(|(own, _)| *own == name) {
            Some((_, Some(value))) => {
                out.push_str(value);
                Lookup::Found
            }
            Some((_, None)) => Lookup::Absent,
            None => Lookup::Unknown,
        }
    }

    fn each_context(&self, each: &mut dyn FnMut(&str, Option<&str>)) {
        CONTEXT.iter().for_each(|(name, value)| each(name, *value));
    }

    fn stage_variable(&self, name: &str) -> Option<&str> {
        (name == "color").then_some("blue")
    }

    fn each_stage_variable(&self, each: &mut dyn FnMut(&str, &str)) {
        each("color", "blue");
    }
}

/// Renders `template` with a payload.
pub(crate) fn rendered(template: &str, body: &'static str) -> Result<String, RenderError> {
    let template = Template::compile(template).unwrap_or_else(|error| panic!("{template}: {error}"));
    let mut out = String::new();
    template.render(&Request { body }, &mut Overrides::default(), 1_000_000, &mut out).map(|()| out)
}

/// Each template with this payload prints this.
fn prints(body: &'static str, cases: &[(&str, &str)]) {
    for (template, expected) in cases {
        assert_eq!(rendered(template, body).as_deref(), Ok(*expected), "{template}");
    }
}
