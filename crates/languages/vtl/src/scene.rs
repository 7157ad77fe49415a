//! What a template needs to know of the world to be rendered.

use std::borrow::Cow;

/// Where a request parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the resource's path.
    Path,
    /// In the query string.
    QueryString,
    /// In a header.
    Header,
}

/// What came of looking a `$context` variable up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// It has a value.
    Found,
    /// It is a variable and has no value.
    Absent,
    /// It is no variable: a part of their names (`identity`), or nothing.
    Unknown,
}

/// The values that a template is rendered with: `$input`, `$context` and `$stageVariables`.
pub trait Scene {
    /// The payload as text; empty if there is none.
    fn body(&self) -> &str;

    /// What `$input.path` and `$input.json` read: the payload, or its JSON form if it is written in
    /// another way.
    fn document(&self) -> &str {
        self.body()
    }

    /// `$input.params('name')`: looked up in path, query string and headers, in this order
    /// (API Gateway developer guide, "`$input` variables").
    fn parameter(&self, name: &str) -> Option<Cow<'_, str>>;

    /// Calls `each` with the name and the value of every parameter in `place`.
    fn each_parameter(&self, place: Place, each: &mut dyn FnMut(&str, &str));

    /// Appends the value of `$context.{name}` to `out`, if there is one.
    fn context(&self, name: &str, out: &mut String) -> Lookup;

    /// Calls `each` with the name (`identity.sourceIp`) of every `$context` variable and its
    /// value, if it has one.
    fn each_context(&self, each: &mut dyn FnMut(&str, Option<&str>));

    /// The stage variable `name`.
    fn stage_variable(&self, name: &str) -> Option<&str>;

    /// Calls `each` with the name and the value of every stage variable.
    fn each_stage_variable(&self, each: &mut dyn FnMut(&str, &str));
}
