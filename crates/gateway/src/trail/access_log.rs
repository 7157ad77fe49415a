//! Access logs: a stage's format, compiled (API Gateway developer guide, "Set up CloudWatch
//! API logging in API Gateway").

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use api::apigateway::AccessLogSettings;
use base::{Arn, Scope};

use crate::exchange::{Context, ContextScope, StageFacts, Variable};
use crate::rest::limits::ACCESS_LOG_FORMAT_BYTES;

/// How the names of what authorizers say begin.
const AUTHORIZER: &str = "authorizer.";

/// What is printed where a variable has no value.
const ABSENT: char = '-';

/// A stage's access log.
#[derive(Clone, Debug)]
pub struct AccessLog {
    target: Arc<LogTarget>,
    /// The canary's own log group: what goes to it goes to the stage's too.
    canary: Option<Arc<LogTarget>>,
    pieces: Vec<Piece>,
    shows: Shows,
}

/// What of a request has to be kept for its line, if the format asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shows {
    /// Its trace.
    pub(crate) trace: bool,
    /// The identifiers that the integration gave its answer.
    pub(crate) endpoint_request_ids: bool,
}

/// Where lines go.
#[derive(Debug, PartialEq, Eq)]
pub struct LogTarget {
    /// The log group's account and region.
    pub scope: Scope,
    /// The log group.
    pub group: String,
    /// The stream that this stage writes.
    pub stream: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    Variable(Variable),
    Absent,
}

/// An access log that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessLogError {
    /// The destination is no log group. Firehose streams are not built.
    #[error("access logs to {destination} are not built yet")]
    Destination {
        /// The destination's ARN.
        destination: String,
    },
    /// The format is longer than API Gateway takes.
    #[error("the access log format has {size} bytes, more than {limit}")]
    Format {
        /// Its size.
        size: usize,
        /// The most that is taken.
        limit: usize,
    },
}

impl AccessLog {
    /// Of a stage's settings; `None` if they are not complete.
    ///
    /// # Errors
    /// If nothing can be logged by them.
    pub fn compile(
        settings: Option<&AccessLogSettings>,
        stage: &StageFacts,
    ) -> Result<Option<Self>, AccessLogError> {
        let Some(AccessLogSettings { format: Some(format), destination_arn: Some(destination) }) = settings
        else {
            return Ok(None);
        };
        let limit = ACCESS_LOG_FORMAT_BYTES;
        if format.len() > limit {
            return Err(AccessLogError::Format { size: format.len(), limit });
        }
        let (scope, group) = log_group(destination)
            .ok_or_else(|| AccessLogError::Destination { destination: destination.clone() })?;
        let target = LogTarget { scope, group, stream: stream(stage) };
        let pieces = pieces(format);
        let any = |variables: &[Variable]| {
            pieces.iter().any(|piece| matches!(piece, Piece::Variable(own) if variables.contains(own)))
        };
        let shows = Shows {
            trace: any(&[Variable::TraceRoot]),
            endpoint_request_ids: any(&[Variable::EndpointRequestId, Variable::EndpointRequestId2]),
        };
        Ok(Some(Self { target: Arc::new(target), canary: None, pieces, shows }))
    }

    /// The access log of the stage's canary: its lines are in the stage's log group and in one of
    /// the same name with `/Canary` behind it (API Gateway developer guide, "Set up an API Gateway
    /// Canary Release Deployment").
    #[must_use]
    pub fn of_canary(self) -> Self {
        let LogTarget { scope, group, stream } = &*self.target;
        let (scope, group, stream) = (scope.clone(), format!("{group}/Canary"), stream.clone());
        Self { canary: Some(Arc::new(LogTarget { scope, group, stream })), ..self }
    }

    /// What has to be kept for its lines.
    pub(crate) const fn shows(&self) -> Shows {
        self.shows
    }

    /// Where the lines go.
    #[must_use]
    pub fn target(&self) -> &Arc<LogTarget> {
        &self.target
    }

    /// Where they go besides, if this is a canary's log.
    #[must_use]
    pub fn canary_target(&self) -> Option<&Arc<LogTarget>> {
        self.canary.as_ref()
    }

    /// Appends the line of one request to `line`.
    pub fn write(&self, context: &Context<'_>, line: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => line.push_str(text),
                Piece::Variable(variable) => {
                    if !variable.write(context, line) {
                        line.push(ABSENT);
                    }
                }
                Piece::Absent => line.push(ABSENT),
            }
        }
    }
}

/// The account, region and name of `arn:aws:logs:{region}:{account}:log-group:{name}[:*]`.
fn log_group(destination: &str) -> Option<(Scope, String)> {
    let arn: Arn = destination.parse().ok()?;
    if arn.service != "logs" {
        return None;
    }
    let name = arn.resource.strip_prefix("log-group:")?;
    let name = name.strip_suffix(":*").unwrap_or(name);
    if name.is_empty() {
        return None;
    }
    Some((Scope::new(arn.account, arn.region), name.to_owned()))
}

/// A name of 32 hexadecimal digits, as AWS names the streams of access logs; the same for all
/// deployments of a stage.
fn stream(stage: &StageFacts) -> String {
    let half = |seed: u8| {
        let mut hasher = Fnv::default();
        (seed, &*stage.account_id, &*stage.region, &*stage.api_id, &*stage.stage).hash(&mut hasher);
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(0), half(1))
}

/// FNV-1a: unlike the standard library's hash it is the same in every release.
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn pieces(format: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some((before, named)) = rest.split_once("$context.") {
        if !before.is_empty() {
            pieces.push(Piece::Text(before.into()));
        }
        let (length, piece) = match Variable::longest_at(named, ContextScope::AccessLog) {
            Some((length, Variable::Valueless)) => (length.max(name_length(named)), Piece::Absent),
            // Authorizers choose their own names, so one may be longer than it looks.
            Some((length, variable)) if name_length(named) <= length || !named.starts_with(AUTHORIZER) => {
                (length, Piece::Variable(variable))
            }
            Some(_) | None => {
                let length = name_length(named);
                let property = named.get(..length).and_then(|name| name.strip_prefix(AUTHORIZER));
                let property = property.filter(|property| !property.is_empty());
                let variable = property.map(|name| Variable::AuthorizerProperty(name.into()));
                (length, variable.map_or(Piece::Absent, Piece::Variable))
            }
        };
        pieces.push(piece);
        rest = named.get(length..).unwrap_or_default();
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.into()));
    }
    pieces
}

/// The length of a variable's name that nobody knows: words with full stops between them.
fn name_length(text: &str) -> usize {
    let name = text.bytes().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_')).count();
    text.get(..name).unwrap_or_default().trim_end_matches('.').len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::exchange::Outcome;
    use crate::exchange::request::tests::request;

    const GROUP: &str = "arn:aws:logs:us-west-2:000000000000:log-group:/apigw/example/access";

    fn compiled(format: &str, destination: &str) -> Result<Option<AccessLog>, AccessLogError> {
        let settings = AccessLogSettings {
            format: Some(format.to_owned()),
            destination_arn: Some(destination.to_owned()),
        };
        AccessLog::compile(Some(&settings), &StageFacts { stage: "prod".into(), ..StageFacts::default() })
    }

    fn line(format: &str) -> String {
        let request = request("/prod/pets", "prod");
        let stage = StageFacts { stage: "prod".into(), ..StageFacts::default() };
        let outcome = Outcome { status: 200, length: Some(13), ..Outcome::default() };
        let context = Context {
            request: &request,
            stage: &stage,
            resource: None,
            route_key: None,
            caller: &crate::exchange::NOBODY,
            trace: None,
            outcome: Some(&outcome),
        };
        let mut line = String::new();
        compiled(format, GROUP).unwrap().unwrap().write(&context, &mut line);
        line
    }

    /// The common log format of the developer guide.
    #[test]
    fn the_common_format_prints_a_line() {
        let format = "$context.identity.sourceIp $context.identity.caller $context.identity.user \
                      [$context.requestTime] \"$context.httpMethod $context.resourcePath $context.protocol\" \
                      $context.status $context.responseLength $context.stage";
        assert_eq!(line(format), "127.0.0.1 - - [17/Jul/2024:18:34:51 +0000] \"GET - HTTP/1.1\" 200 13 prod");
    }

    #[test]
    fn what_has_no_value_prints_a_hyphen() {
        assert_eq!(line("$context.nonsense|$context.authorizer.claims.sub|$context.error.message"), "-|-|-");
        assert_eq!(line("$context.nonsense.$context.stage."), "-.prod.");
        assert_eq!(line("$context.authorizer.principalId_x|"), "-|");
        assert_eq!(line("$context|$stage|$context.|x"), "$context|$stage|-|x");
    }

    #[test]
    fn destinations_are_log_groups() {
        let target = |arn: &str| {
            compiled("$context.requestId", arn)
                .map(|log| log.map(|log| (log.target.group.clone(), log.target.scope.region().to_owned())))
        };
        let group = Ok(Some(("/apigw/example/access".to_owned(), "us-west-2".to_owned())));
        assert_eq!(target(GROUP), group);
        assert_eq!(target(&format!("{GROUP}:*")), group);
        for other in ["arn:aws:firehose:us-west-2:000000000000:deliverystream/amazon-apigateway-x", "", "x"] {
            assert_eq!(target(other), Err(AccessLogError::Destination { destination: other.to_owned() }));
        }
    }

    #[test]
    fn incomplete_settings_log_nothing() {
        let settings = AccessLogSettings { format: None, destination_arn: Some(GROUP.to_owned()) };
        assert!(AccessLog::compile(Some(&settings), &StageFacts::default()).unwrap().is_none());
        assert!(AccessLog::compile(None, &StageFacts::default()).unwrap().is_none());
    }

    #[test]
    fn three_kilobytes_of_format_are_the_limit() {
        assert!(compiled(&"x".repeat(3072), GROUP).is_ok());
        let expected = Err(AccessLogError::Format { size: 3073, limit: 3072 });
        assert_eq!(compiled(&"x".repeat(3073), GROUP).map(|_| ()), expected);
    }

    #[test]
    fn streams_have_stable_names() {
        let facts = StageFacts { api_id: "abc123".into(), stage: "prod".into(), ..StageFacts::default() };
        assert_eq!(stream(&facts), stream(&facts.clone()));
        assert_eq!(stream(&facts).len(), 32);
        assert_ne!(stream(&facts), stream(&StageFacts { stage: "dev".into(), ..facts }));
    }

    proptest! {
        #[test]
        fn any_text_is_a_format(text in "(\\$|context\\.|authorizer\\.|claims\\.|stage|[a-z._\u{e4}$]){0,40}") {
            let without = text.replace('$', "");
            prop_assert_eq!(line(&without), without);
            // What stands before the first variable and what is no variable comes out as it is.
            let before = text.split("$context.").next().unwrap_or_default();
            prop_assert!(line(&text).starts_with(before));
        }
    }
}
