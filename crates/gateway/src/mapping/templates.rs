//! Mapping templates by media type: which one a payload meets, and what it is rendered with
//! (API Gateway developer guide, "Select a VTL mapping template" and "Integration
//! passthrough behaviors").

use bytes::Bytes;
use indexmap::IndexMap;
use vtl::{OutputTooLong, Reference, Scene, Template, TemplateError};

use super::media::{essence, first_accepted};
use super::query::Query;
use super::source::RequestView;
use crate::exchange::{ConfigurationFault, ContextScope, Refusal, Variable};
use crate::rest::StageVariables;
use crate::rest::limits::PAYLOAD_BYTES;

/// What is assumed where a client names no media type.
const JSON: &str = "application/json";

/// A template that cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplatesError {
    /// Its text cannot be compiled.
    #[error("the template for {content_type}: {error}")]
    Template {
        /// Its media type.
        content_type: String,
        /// What is wrong, and where.
        error: TemplateError,
    },
    /// It names a `$context` variable that does not exist.
    #[error("the template for {content_type}: there is no $context.{name}")]
    Variable {
        /// Its media type.
        content_type: String,
        /// The name behind `$context.`.
        name: String,
    },
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
    pub fn compile(stored: Option<&IndexMap<String, Option<String>>>) -> Result<Self, TemplatesError> {
        let mut compiled = Vec::new();
        for (content_type, text) in stored.into_iter().flatten() {
            let text = text.as_deref().filter(|text| !text.is_empty());
            let template = text.map(|text| Compiled::of(content_type, text)).transpose()?;
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

    fn of_type(&self, media_type: &str) -> Option<(&str, Option<&Compiled>)> {
        self.iter().find(|(own, _)| essence(own).eq_ignore_ascii_case(media_type))
    }
}

impl Compiled {
    fn of(content_type: &str, text: &str) -> Result<Self, TemplatesError> {
        let content_type = || content_type.to_owned();
        let template = Template::compile(text)
            .map_err(|error| TemplatesError::Template { content_type: content_type(), error })?;
        for reference in template.references() {
            if let Reference::Context(name) = reference
                && variable(name).is_none()
            {
                return Err(TemplatesError::Variable {
                    content_type: content_type(),
                    name: name.to_string(),
                });
            }
        }
        let constant = template.as_constant().map(|text| Bytes::from(text.to_owned()));
        Ok(Self { template, constant })
    }

    /// What the template renders to whatever the request, if that is so.
    #[must_use]
    pub fn constant(&self) -> Option<&Bytes> {
        self.constant.as_ref()
    }

    /// Renders the template; `body` is what `$input.body` prints.
    ///
    /// # Errors
    /// If it prints more than a payload may have.
    pub fn render(
        &self,
        view: &RequestView<'_>,
        variables: &StageVariables,
        body: &[u8],
    ) -> Result<Bytes, Refusal> {
        if let Some(constant) = &self.constant {
            return Ok(constant.clone());
        }
        let mut out = String::new();
        let body = String::from_utf8_lossy(body);
        let stand = Stand { view, variables, body: &body };
        match self.template.render(&stand, PAYLOAD_BYTES, &mut out) {
            Ok(()) => Ok(out.into()),
            Err(OutputTooLong { limit }) => {
                Err(Refusal::ApiConfigurationError(ConfigurationFault::TemplateOutput { limit }))
            }
        }
    }
}

/// The variable of a template; properties that an authorizer adds may have any name.
fn variable(name: &str) -> Option<Variable> {
    Variable::named(name, ContextScope::Everywhere)
        .or_else(|| name.starts_with("authorizer.").then_some(Variable::Valueless))
}

struct Stand<'a> {
    view: &'a RequestView<'a>,
    variables: &'a StageVariables,
    body: &'a str,
}

impl Scene for Stand<'_> {
    fn body(&self) -> &str {
        self.body
    }

    fn parameter(&self, name: &str, out: &mut String) {
        if let Some(value) = self.view.path.get(name) {
            out.push_str(value);
        } else if let Some(value) = Query(self.view.request.query()).last(name) {
            out.push_str(&value);
        } else if let Some(value) = self.view.headers.get_all(name).iter().next_back() {
            out.push_str(&String::from_utf8_lossy(value.as_bytes()));
        }
    }

    fn context(&self, name: &str, out: &mut String) {
        if let Some(variable) = variable(name) {
            variable.write(&self.view.context, out);
        }
    }

    fn stage_variable(&self, name: &str, out: &mut String) {
        // Recorded from AWS: an undefined stage variable prints nothing.
        out.push_str(self.variables.get(name).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(entries: &[(&str, Option<&str>)]) -> Templates {
        let stored: IndexMap<_, _> =
            entries.iter().map(|(key, text)| ((*key).to_owned(), text.map(str::to_owned))).collect();
        Templates::compile(Some(&stored)).unwrap()
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
            assert_eq!(Templates::compile(Some(&stored)).unwrap_err().to_string(), expected);
        };
        check(
            "{\"a\": $foo}",
            "the template for application/json: line 1, column 7: the reference $foo is not supported yet",
        );
        check("$context.nonsense", "the template for application/json: there is no $context.nonsense");
    }
}
