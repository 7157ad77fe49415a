//! Any text as a mapping template, rendered with any payload.

use std::borrow::Cow;

use vtl::{Lookup, Overrides, Place, Scene, Template};

/// The most that a template may make here.
const LIMIT: usize = 10_000;

/// A request whose only part is its payload.
struct Payload<'a>(&'a str);

impl Scene for Payload<'_> {
    fn body(&self) -> &str {
        self.0
    }
    fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(name.to_owned().into())
    }
    fn each_parameter(&self, _: Place, each: &mut dyn FnMut(&str, &str)) {
        each("name", self.0);
    }
    fn context(&self, _: &str, _: &mut String) -> Lookup {
        Lookup::Unknown
    }
    fn each_context(&self, each: &mut dyn FnMut(&str, Option<&str>)) {
        each("identity.sourceIp", Some(self.0));
    }
    fn stage_variable(&self, name: &str) -> Option<&str> {
        (name.len() == 1).then_some(self.0)
    }
    fn each_stage_variable(&self, each: &mut dyn FnMut(&str, &str)) {
        each("name", self.0);
    }
}

pub(crate) fn run(input: &[u8]) {
    let [text, payload] = crate::parts(input);
    if let Ok(template) = Template::compile(&text) {
        let mut out = String::new();
        let rendered = template.render(&Payload(&payload), &mut Overrides::default(), LIMIT, &mut out);
        assert!(rendered.is_err() || out.len() <= LIMIT, "{} bytes were made", out.len());
    }
}
