//! What REST APIs ask of the connections by which their own addresses are reached (API Gateway
//! developer guide, "Security policies for REST APIs"). The handshake is begun with what all stages
//! of an API ask for; here a stage's own demands are held to.

use http::HeaderValue;

use super::address;
use super::domains::name_of;
use crate::exchange::{Refusal, Unreachable};
use crate::rest::{CompiledStage, EndpointRules};
use crate::tls::{Demands, Secured};

/// Why a request may not come to an API by this connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Breach {
    /// Another connection could be had for it.
    Misdirected,
    /// None could.
    Refused(Refusal),
}

/// Whether a request for `host`, which names a VPC endpoint or not, may come by this connection, or
/// without TLS.
pub(super) fn holds(
    rules: EndpointRules,
    connection: Option<&Secured>,
    host: &HeaderValue,
    by_endpoint: bool,
) -> Result<(), Breach> {
    if rules.strict {
        let host = host.to_str().unwrap_or_default();
        let refused = Err(Breach::Refused(Refusal::Forbidden(Unreachable::Strict)));
        let own = !by_endpoint && address::of_host(host).is_some();
        let Some(connection) = connection.filter(|_| own) else { return refused };
        if connection.name() != name_of(host).as_deref() {
            return Err(Breach::Misdirected);
        }
    }
    match connection {
        Some(connection) if !connection.meets(rules.demands) => Err(Breach::Misdirected),
        _ => Ok(()),
    }
}

/// The API's id in a name that is the API's own: `{api}.execute-api.{region}.…`, or with a VPC endpoint
/// behind the id.
pub(super) fn api_in(name: &str) -> Option<&str> {
    let (label, _) = address::of_host(name)?;
    Some(label.split_once('-').map_or(label, |(api, _)| api))
}

/// What all of these stages ask for.
pub(super) fn common<'a>(stages: impl Iterator<Item = &'a CompiledStage>) -> Demands {
    let with_canaries =
        stages.flat_map(|stage| [Some(stage), stage.canary.as_ref().map(|canary| &canary.stage)]).flatten();
    with_canaries.map(|stage| stage.endpoint.demands).reduce(Demands::common).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::tests::empty_stage;

    #[test]
    fn strict_apis_are_reached_by_their_own_names_and_over_tls() {
        let strict = EndpointRules { strict: true, ..EndpointRules::default() };
        let host = &HeaderValue::from_static("abc.execute-api.us-west-2.localhost");
        let refused = Err(Breach::Refused(Refusal::Forbidden(Unreachable::Strict)));
        assert_eq!(holds(strict, None, host, false), refused);
        assert_eq!(holds(EndpointRules::default(), None, host, true), Ok(()));
    }

    #[test]
    fn names_hold_their_apis() {
        for (name, expected) in [
            ("abc.execute-api.us-west-2.localhost", Some("abc")),
            ("abc-vpce-01.execute-api.us-west-2.amazonaws.com", Some("abc")),
            ("localhost", None),
            ("execute-api.us-west-2.localhost", None),
        ] {
            assert_eq!(api_in(name), expected, "{name}");
        }
    }

    #[test]
    fn a_handshake_asks_for_what_all_stages_ask_for() {
        let newest = |tls13| {
            let mut stage = empty_stage();
            stage.endpoint.demands.tls13 = tls13;
            stage
        };
        let of = |stages: &[CompiledStage]| common(stages.iter()).tls13;
        assert!(of(&[newest(true)]) && of(&[newest(true), newest(true)]));
        assert!(!of(&[newest(true), newest(false)]) && !of(&[]));
        let mut with_canary = newest(true);
        let canary = crate::rest::Canary { percent: 1.0, stage: newest(false) };
        with_canary.canary = Some(Box::new(canary));
        assert!(!of(&[with_canary]));
    }
}
