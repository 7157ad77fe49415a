//! Parameter mapping: what of a request an integration gets changed, and what of an answer a client
//! gets changed (API Gateway developer guide, "Transform API requests and responses for HTTP APIs in
//! API Gateway"). Changes are made in the order in which they are stored.

use documents::apigatewayv2::is_reserved_header;
use http::{HeaderName, HeaderValue, StatusCode};
use indexmap::IndexMap;

use super::values::{Mapped, Place, ValueError, View};
use crate::exchange::{ConfigurationFault, Refusal, StageVariables};
use crate::mapping::query::{self, Query};
use crate::message::Headers;

/// A mapping that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParameterError {
    /// Its key is not one of those that there are.
    #[error("{0} is not a parameter that can be mapped")]
    Key(String),
    /// A header that is API Gateway's own.
    #[error("the header {0} is reserved and cannot be mapped")]
    Reserved(String),
    /// A status that is none.
    #[error("{0} is not a status code")]
    Status(String),
    /// Its value is none.
    #[error(transparent)]
    Value(#[from] ValueError),
}

/// What is changed of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestParameters(Vec<(Target, Action)>);

/// What is changed of an answer, by the status that the integration gave it.
#[derive(Clone, Debug, Default)]
pub(super) struct ResponseParameters(Vec<(StatusCode, Vec<(Target, Action)>)>);

#[derive(Clone, Debug)]
enum Target {
    Header(HeaderName),
    Query(Box<str>),
    Path,
    Status,
}

#[derive(Clone, Debug)]
enum Action {
    Append(Mapped),
    Overwrite(Mapped),
    Remove,
}

/// What of a request can be changed.
pub(super) struct Altered {
    /// The headers that the integration gets.
    pub(super) headers: Headers,
    /// The query string, as it is sent on.
    pub(super) query: String,
    /// The path in place of the integration's own, as it is sent on.
    pub(super) path: Option<String>,
}

impl RequestParameters {
    /// Of what is stored.
    ///
    /// # Errors
    /// If a mapping is none.
    pub(super) fn compile(
        stored: Option<&IndexMap<String, String>>,
        variables: &StageVariables,
    ) -> Result<Self, ParameterError> {
        let mut all = Vec::new();
        for (key, value) in stored.into_iter().flatten() {
            let (target, action) = compiled(key, value, Place::Request, variables)?;
            if matches!(target, Target::Status) {
                return Err(ParameterError::Key(key.clone()));
            }
            all.push((target, action));
        }
        Ok(Self(all))
    }

    /// Whether the client's body has to be read for them.
    pub(super) fn read_body(&self) -> bool {
        self.0.iter().any(|(_, action)| action.mapped().is_some_and(Mapped::reads_body))
    }

    /// Changes `altered`, which is the request's own until then.
    ///
    /// # Errors
    /// 500 if a value is none that can be sent.
    pub(super) fn apply(&self, view: &View<'_>, altered: &mut Altered) -> Result<(), Refusal> {
        for (target, action) in &self.0 {
            match target {
                Target::Header(name) => change_header(&mut altered.headers, name, action, view)?,
                Target::Query(name) => {
                    let kept = match action {
                        Action::Append(_) => std::mem::take(&mut altered.query),
                        Action::Overwrite(_) | Action::Remove => without(&altered.query, name),
                    };
                    altered.query = kept;
                    if let Some(value) = action.mapped().and_then(|mapped| mapped.value(view)) {
                        query::append(&mut altered.query, name, &value);
                    }
                }
                Target::Path => {
                    if let Some(path) = action.mapped().and_then(|mapped| mapped.value(view)) {
                        altered.path = Some(path);
                    }
                }
                Target::Status => {}
            }
        }
        Ok(())
    }
}

impl ResponseParameters {
    /// Of what is stored.
    ///
    /// # Errors
    /// If a mapping is none.
    pub(super) fn compile(
        stored: Option<&IndexMap<String, IndexMap<String, String>>>,
        variables: &StageVariables,
    ) -> Result<Self, ParameterError> {
        let mut all = Vec::new();
        for (status, mappings) in stored.into_iter().flatten() {
            let code = status.parse().map_err(|_| ParameterError::Status(status.clone()))?;
            let mut own = Vec::new();
            for (key, value) in mappings {
                let (target, action) = compiled(key, value, Place::Answer, variables)?;
                if matches!(target, Target::Query(_) | Target::Path) {
                    return Err(ParameterError::Key(key.clone()));
                }
                own.push((target, action));
            }
            all.push((code, own));
        }
        Ok(Self(all))
    }

    /// Whether something is changed of an answer with this status.
    pub(super) fn change(&self, status: StatusCode) -> bool {
        !self.of(status).is_empty()
    }

    /// Whether the bodies have to be read for an answer with this status: the client's, the
    /// integration's.
    pub(super) fn reads_answer_body(&self, status: StatusCode) -> bool {
        self.of(status).iter().any(|(_, action)| action.mapped().is_some_and(Mapped::reads_answer_body))
    }

    /// Whether the client's body has to be read for an answer with any status.
    pub(super) fn read_body(&self) -> bool {
        let all = self.0.iter().flat_map(|(_, own)| own);
        all.filter_map(|(_, action)| action.mapped()).any(Mapped::reads_body)
    }

    /// Changes an answer's status and headers.
    ///
    /// # Errors
    /// 500 if a value is none that can be sent.
    pub(super) fn apply(
        &self,
        view: &View<'_>,
        status: &mut StatusCode,
        headers: &mut Headers,
    ) -> Result<(), Refusal> {
        for (target, action) in self.of(*status) {
            match (target, action) {
                (Target::Header(name), action) => change_header(headers, name, action, view)?,
                (Target::Status, Action::Overwrite(mapped)) => {
                    let text = mapped.value(view).unwrap_or_default();
                    let code = text.parse::<StatusCode>().ok().filter(|code| !code.is_informational());
                    let fault = ConfigurationFault::StatusCode { status: text };
                    *status = code.ok_or(Refusal::ApiConfigurationError(fault))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn of(&self, status: StatusCode) -> &[(Target, Action)] {
        self.0.iter().find(|(own, _)| *own == status).map(|(_, own)| own.as_slice()).unwrap_or_default()
    }
}

impl Action {
    fn mapped(&self) -> Option<&Mapped> {
        match self {
            Self::Append(mapped) | Self::Overwrite(mapped) => Some(mapped),
            Self::Remove => None,
        }
    }
}

fn compiled(
    key: &str,
    value: &str,
    place: Place,
    variables: &StageVariables,
) -> Result<(Target, Action), ParameterError> {
    let wrong = || ParameterError::Key(key.to_owned());
    let (action, target) = key.split_once(':').ok_or_else(wrong)?;
    let target = match target.split_once('.') {
        Some(("header", name)) => {
            let name: HeaderName = name.parse().map_err(|_| wrong())?;
            if is_reserved_header(name.as_str()) {
                return Err(ParameterError::Reserved(name.to_string()));
            }
            Target::Header(name)
        }
        Some(("querystring", name)) if !name.is_empty() => Target::Query(name.into()),
        None if target == "path" => Target::Path,
        None if target.eq_ignore_ascii_case("statuscode") => Target::Status,
        _ => return Err(wrong()),
    };
    let mapped = || Mapped::compile(value, place, variables);
    let action = match action {
        "append" => Action::Append(mapped()?),
        "overwrite" => Action::Overwrite(mapped()?),
        "remove" => Action::Remove,
        _ => return Err(wrong()),
    };
    // The path and the status are there once, and always.
    if matches!(target, Target::Path | Target::Status) && !matches!(action, Action::Overwrite(_)) {
        return Err(wrong());
    }
    Ok((target, action))
}

fn change_header(
    headers: &mut Headers,
    name: &HeaderName,
    action: &Action,
    view: &View<'_>,
) -> Result<(), Refusal> {
    let value = |mapped: &Mapped| {
        let value = mapped.value(view).map(|text| HeaderValue::from_str(&text));
        value.transpose().map_err(|_| {
            Refusal::ApiConfigurationError(ConfigurationFault::HeaderValue { name: name.to_string() })
        })
    };
    match action {
        Action::Append(mapped) => {
            if let Some(value) = value(mapped)? {
                headers.append(name, value);
            }
        }
        Action::Overwrite(mapped) => {
            // What has no value overwrites nothing.
            if let Some(value) = value(mapped)? {
                headers.insert(name, value);
            }
        }
        Action::Remove => {
            headers.remove(name);
        }
    }
    Ok(())
}

/// A query string without the parameters of this name.
fn without(query: &str, name: &str) -> String {
    let mut out = String::new();
    let query = Query(query);
    for ((own, _), (raw_name, raw_value)) in query.parameters().zip(query.raw_parameters()) {
        if own != name {
            query::append_raw(&mut out, raw_name);
            out.push('=');
            out.push_str(raw_value);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(key: &str, value: &str) -> Result<(), ParameterError> {
        let stored = IndexMap::from([(key.to_owned(), value.to_owned())]);
        RequestParameters::compile(Some(&stored), &StageVariables::default()).map(|_| ())
    }

    fn response(status: &str, key: &str, value: &str) -> Result<(), ParameterError> {
        let own = IndexMap::from([(key.to_owned(), value.to_owned())]);
        let stored = IndexMap::from([(status.to_owned(), own)]);
        ResponseParameters::compile(Some(&stored), &StageVariables::default()).map(|_| ())
    }

    /// The tables of the developer guide.
    #[test]
    fn keys_are_those_of_the_guide() {
        for key in [
            "append:header.a",
            "overwrite:header.a",
            "remove:header.a",
            "append:querystring.a",
            "overwrite:querystring.a",
            "remove:querystring.a",
            "overwrite:path",
        ] {
            assert_eq!(request(key, "x"), Ok(()), "{key}");
        }
        for key in [
            "append:path",
            "remove:path",
            "overwrite:statuscode",
            "header.a",
            "set:header.a",
            "append:body.a",
        ] {
            assert_eq!(request(key, "x"), Err(ParameterError::Key(key.to_owned())), "{key}");
        }
        for key in ["append:header.a", "overwrite:header.a", "remove:header.a", "overwrite:statuscode"] {
            assert_eq!(response("500", key, "403"), Ok(()), "{key}");
        }
        for key in ["append:querystring.a", "overwrite:path", "append:statuscode", "remove:statuscode"] {
            assert_eq!(response("500", key, "x"), Err(ParameterError::Key(key.to_owned())), "{key}");
        }
        assert_eq!(response("5xx", "remove:header.a", ""), Err(ParameterError::Status("5xx".to_owned())));
    }

    #[test]
    fn reserved_headers_cannot_be_mapped() {
        for name in
            ["authorization", "access-control-allow-origin", "x-amzn-trace-id", "via", "apigw-requestid"]
        {
            let reserved = Err(ParameterError::Reserved(name.to_owned()));
            assert_eq!(request(&format!("overwrite:header.{name}"), "x"), reserved);
            assert_eq!(response("200", &format!("remove:header.{name}"), "x"), reserved);
        }
        assert_eq!(request("overwrite:header.x-amazing", "x"), Ok(()));
    }

    #[test]
    fn all_parameters_of_a_name_are_removed() {
        assert_eq!(without("a=1&b=%20&%61=2&a", "a"), "b=%20");
    }
}
