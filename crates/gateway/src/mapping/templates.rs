//! Mapping templates by media type: which one a payload meets, and what it is rendered with
//! (API Gateway developer guide, "Select a VTL mapping template" and "Integration
//! passthrough behaviors").

use std::borrow::Cow;
use std::cell::Cell;

use bytes::Bytes;
use indexmap::IndexMap;
use vtl::{Lookup, Overrides, Place, RenderError, Scene, Template, TemplateError};

use super::alike::Alike;
use super::media::{essence, first_accepted};
use super::query::Query;
use super::source::RequestView;
use crate::exchange::StageVariables;
use crate::exchange::{ConfigurationFault, ContextScope, Refusal, Variable};
use crate::rest::limits::PAYLOAD_BYTES;

/// What is assumed where a client names no media type.
const JSON: &str = "application/json";

/// A template that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the template for {content_type}: {error}")]
pub struct TemplatesError {
    /// Its media type.
    content_type: String,
    /// What is wrong, and where.
    error: TemplateError,
}

/// The templates of a request or a response, in the order in which they were defined.
#[derive(Clone, Debug, Default)]
pub struct Templates(Vec<(Box<str>, Option<Compiled>)>);

/// A template that is known to render.
#[derive(Clone, Debug)]
pub struct Compiled {
    template: Template,
    constant: Option<Bytes>,
}

/// `passthroughBehavior`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passthrough {
    /// `WHEN_NO_MATCH`
    #[default]
    WhenNoMatch,
    /// `WHEN_NO_TEMPLATES`
    WhenNoTemplates,
    /// `NEVER`
    Never,
}

impl Passthrough {
    /// Of the stored text; what is no other behaviour is the default.
    #[must_use]
    pub fn named(name: Option<&str>) -> Self {
        match name {
            Some("WHEN_NO_TEMPLATES") => Self::WhenNoTemplates,
            Some("NEVER") => Self::Never,
            _ => Self::WhenNoMatch,
        }
    }
}

impl Templates {
    /// Of the stored texts. A template without text passes payloads on.
    ///
    /// # Errors
    /// The first template that cannot be compiled.
    pub fn compile(
        stored: Option<&IndexMap<String, Option<String>>>,
        alike: &Alike,
    ) -> Result<Self, TemplatesError> {
        let mut compiled = Vec::new();
        for (content_type, text) in stored.into_iter().flatten() {
            let text = text.as_deref().filter(|text| !text.is_empty());
            let template = text.map(|text| alike.template(text)).transpose();
            let template =
                template.map_err(|error| TemplatesError { content_type: content_type.clone(), error })?;
            compiled.push((content_type.as_str().into(), template));
        }
        Ok(Self(compiled))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Compiled>)> {
        self.0.iter().map(|(content_type, template)| (&**content_type, template.as_ref()))
    }

    /// The place of a template among these.
    #[must_use]
    pub fn place(&self, template: &Compiled) -> Option<usize> {
        self.iter().position(|(_, own)| own.is_some_and(|own| std::ptr::eq(own, template)))
    }

    /// The template for a request's payload; `None` if the payload is passed on as it is.
    ///
    /// # Errors
    /// 415 if there is no template for this type and the behaviour does not pass it on.
    pub fn for_request(
        &self,
        content_type: Option<&str>,
        otherwise: Passthrough,
    ) -> Result<Option<&Compiled>, Refusal> {
        let sent = content_type.map(essence).filter(|sent| !sent.is_empty()).unwrap_or(JSON);
        if let Some((_, template)) = self.of_type(sent) {
            return Ok(template);
        }
        match otherwise {
            Passthrough::WhenNoMatch => Ok(None),
            Passthrough::WhenNoTemplates if self.is_empty() => Ok(None),
            Passthrough::WhenNoTemplates | Passthrough::Never => {
                Err(Refusal::UnsupportedMediaType { content_type: sent.to_owned() })
            }
        }
    }

    /// The template for an answer's payload and its media type: the one that the client
    /// accepts, else that for JSON, else the first. `None` if there are no templates.
    #[must_use]
    pub fn for_response(&self, accept: Option<&str>) -> Option<(&str, Option<&Compiled>)> {
        let accepted = accept.map(first_accepted).unwrap_or(JSON);
        self.of_type(accepted).or_else(|| self.of_type(JSON)).or_else(|| self.iter().next())
    }

    /// The template with this key, and whether there is one: WebSocket APIs choose them by keys.
    #[must_use]
    pub fn named(&self, key: &str) -> Option<Option<&Compiled>> {
        self.iter().find(|(own, _)| *own == key).map(|(_, template)| template)
    }

    fn of_type(&self, media_type: &str) -> Option<(&str, Option<&Compiled>)> {
        let is = |own: &str| own == media_type || essence(own).eq_ignore_ascii_case(media_type);
        self.iter().find(|(own, _)| is(own))
    }
}

impl Compiled {
    pub(super) fn of(text: &str) -> Result<Self, TemplateError> {
        let template = Template::compile(text)?;
        let constant = template.as_constant().map(|text| Bytes::from(text.to_owned()));
        Ok(Self { template, constant })
    }

    /// What the template renders to whatever the request, if that is so.
    #[must_use]
    pub fn constant(&self) -> Option<&Bytes> {
        self.constant.as_ref()
    }

    /// Renders a request template; `body` is what `$input` reads.
    ///
    /// # Errors
    /// If it cannot be rendered. A payload that is needed as JSON and is none is the client's
    /// fault (not recorded; the text is AWS's for a payload that Lambda does not take).
    pub fn render_request(
        &self,
        view: &RequestView<'_>,
        variables: &StageVariables,
        body: &[u8],
        overrides: &mut Overrides,
    ) -> Result<Bytes, Refusal> {
        self.render(view, variables, body, None, overrides).map_err(|error| match error {
            RenderError::NotJson { why } => Refusal::PayloadNotJson { why },
            error => fault(&error),
        })?
    }

    /// Renders a response template; `body` is what `$input` reads, the integration's answer, and
    /// `document` its JSON form if it is not JSON itself.
    ///
    /// # Errors
    /// If it cannot be rendered.
    pub fn render_response(
        &self,
        view: &RequestView<'_>,
        variables: &StageVariables,
        body: &[u8],
        document: Option<&str>,
        overrides: &mut Overrides,
    ) -> Result<Bytes, Refusal> {
        self.render(view, variables, body, document, overrides).map_err(|error| fault(&error))?
    }

    fn render(
        &self,
        view: &RequestView<'_>,
        variables: &StageVariables,
        body: &[u8],
        document: Option<&str>,
        overrides: &mut Overrides,
    ) -> Result<Result<Bytes, Refusal>, RenderError> {
        if let Some(constant) = &self.constant {
            return Ok(Ok(constant.clone()));
        }
        let mut out = String::new();
        let body = String::from_utf8_lossy(body);
        let is_text = matches!(body, Cow::Borrowed(_));
        let stand = Stand { view, variables, body: &body, document, read: Cell::new(false) };
        self.template.render(&stand, overrides, PAYLOAD_BYTES, &mut out)?;
        // Recorded from AWS: a template that reads bytes that are no text fails.
        if !is_text && stand.read.get() {
            let why = "the payload is binary and no text that a template could read".to_owned();
            return Ok(Err(Refusal::ApiConfigurationError(ConfigurationFault::Template { why })));
        }
        Ok(Ok(out.into()))
    }
}

fn fault(error: &RenderError) -> Refusal {
    Refusal::ApiConfigurationError(ConfigurationFault::Template { why: error.to_string() })
}

/// The variables that `$context` as a whole shows although they have no value (recorded from
/// AWS); others are there only if they have one.
const SHOWN_WITHOUT_VALUE: [&str; 10] = [
    "identity.accessKey",
    "identity.accountId",
    "identity.caller",
    "identity.cognitoAuthenticationProvider",
    "identity.cognitoAuthenticationType",
    "identity.cognitoIdentityId",
    "identity.cognitoIdentityPoolId",
    "identity.principalOrgId",
    "identity.user",
    "identity.userArn",
];

struct Stand<'a> {
    view: &'a RequestView<'a>,
    variables: &'a StageVariables,
    body: &'a str,
    /// The JSON form of the body.
    document: Option<&'a str>,
    /// Whether the body was looked at.
    read: Cell<bool>,
}

impl Scene for Stand<'_> {
    fn body(&self) -> &str {
        self.read.set(true);
        self.body
    }

    fn document(&self) -> &str {
        self.document.unwrap_or_else(|| self.body())
    }

    fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(value) = self.view.path.get(name) {
            return Some(value.into());
        }
        if let Some(value) = Query(self.view.request.query()).last(name) {
            return Some(value);
        }
        let header = self.view.headers.get_all(name).next_back();
        header.map(|value| String::from_utf8_lossy(value.as_bytes()))
    }

    fn each_parameter(&self, place: Place, each: &mut dyn FnMut(&str, &str)) {
        match place {
            Place::Path => self.view.path.iter().for_each(|(name, value)| each(name, value)),
            Place::QueryString => {
                Query(self.view.request.query()).parameters().for_each(|(name, value)| each(&name, &value));
            }
            Place::Header => {
                for name in self.view.headers.keys() {
                    let value = self.view.headers.get_all(name).next_back();
                    let value = value.map(|value| String::from_utf8_lossy(value.as_bytes()));
                    each(self.view.header_names.as_sent(name, 0), &value.unwrap_or_default());
                }
            }
        }
    }

    fn context(&self, name: &str, out: &mut String) -> Lookup {
        let context = &self.view.context;
        let found = match Variable::named(name, ContextScope::Everywhere) {
            Some(variable) => Some(variable.write(context, out)),
            // Properties that an authorizer adds may have any name.
            None => name.strip_prefix("authorizer.").map(|property| {
                context.caller.authorizer.as_ref().is_some_and(|said| said.write(property, out))
            }),
        };
        match found {
            Some(true) => Lookup::Found,
            Some(false) => Lookup::Absent,
            None => Lookup::Unknown,
        }
    }

    fn each_context(&self, each: &mut dyn FnMut(&str, Option<&str>)) {
        let mut text = String::new();
        for (name, variable) in Variable::everywhere() {
            text.clear();
            if variable.write(&self.view.context, &mut text) {
                each(name, Some(&text));
            } else if SHOWN_WITHOUT_VALUE.contains(&name) {
                each(name, None);
            }
        }
    }

    fn stage_variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name)
    }

    fn each_stage_variable(&self, each: &mut dyn FnMut(&str, &str)) {
        self.variables.iter().for_each(|(name, value)| each(name, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(entries: &[(&str, Option<&str>)]) -> Templates {
        let stored: IndexMap<_, _> =
            entries.iter().map(|(key, text)| ((*key).to_owned(), text.map(str::to_owned))).collect();
        Templates::compile(Some(&stored), &Alike::default()).unwrap()
    }

    fn chosen(found: Result<Option<&Compiled>, Refusal>) -> Result<Option<String>, u16> {
        found
            .map(|template| {
                template.map(|template| String::from_utf8_lossy(template.constant().unwrap()).into_owned())
            })
            .map_err(|refusal| refusal.response().status.as_u16())
    }

    /// The developer guide's two examples and the case without templates.
    #[test]
    fn passthrough_behaves_as_documented() {
        use Passthrough::{Never, WhenNoMatch, WhenNoTemplates};
        let check = |templates: &Templates, sent: Option<&str>, expected: [Result<Option<&str>, u16>; 3]| {
            for (behavior, expected) in [WhenNoMatch, WhenNoTemplates, Never].into_iter().zip(expected) {
                let found = chosen(templates.for_request(sent, behavior));
                assert_eq!(found, expected.map(|text| text.map(str::to_owned)), "{sent:?} {behavior:?}");
            }
        };
        let json = templates(&[("application/json", Some("json"))]);
        check(&json, None, [Ok(Some("json")); 3]);
        check(&json, Some("application/json; charset=UTF-8"), [Ok(Some("json")); 3]);
        check(&json, Some("application/xml"), [Ok(None), Err(415), Err(415)]);
        let xml = templates(&[("application/xml", Some("xml"))]);
        check(&xml, None, [Ok(None), Err(415), Err(415)]);
        check(&xml, Some("application/json"), [Ok(None), Err(415), Err(415)]);
        check(&xml, Some("application/xml"), [Ok(Some("xml")); 3]);
        check(&templates(&[]), Some("application/json"), [Ok(None), Ok(None), Err(415)]);
        check(&templates(&[("application/json", None)]), None, [Ok(None); 3]);
        check(&templates(&[("application/json", Some(""))]), None, [Ok(None); 3]);
    }

    #[test]
    fn answers_take_the_accepted_template_then_json_then_the_first() {
        let check = |templates: &Templates, accept: Option<&str>, expected: Option<&str>| {
            assert_eq!(templates.for_response(accept).map(|(key, _)| key), expected, "{accept:?}");
        };
        let both = templates(&[("application/xml", Some("x")), ("application/json", Some("j"))]);
        check(&both, None, Some("application/json"));
        check(&both, Some("application/xml;q=0.1, application/json"), Some("application/xml"));
        check(&both, Some("text/plain"), Some("application/json"));
        check(&templates(&[("a/b", Some("1")), ("c/d", Some("2"))]), Some("*/*"), Some("a/b"));
        check(&templates(&[]), None, None);
    }

    #[test]
    fn templates_that_cannot_run_are_named() {
        let check = |text: &str, expected: &str| {
            let stored = IndexMap::from_iter([("application/json".to_owned(), Some(text.to_owned()))]);
            assert_eq!(
                Templates::compile(Some(&stored), &Alike::default()).unwrap_err().to_string(),
                expected
            );
        };
        check(
            "{\"a\": #if($x)}",
            "the template for application/json: line 1, column 15: the template ends where #end, or more of an expression, is expected",
        );
        check(
            "cost: $",
            "the template for application/json: line 1, column 8: the template ends inside \"$\"",
        );
        check(
            "#parse('x')",
            "the template for application/json: line 1, column 1: the directive #parse reads files, of which there are none",
        );
    }
}
