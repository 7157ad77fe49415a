//! Any text as the format of an access log, written for any path and user agent.

use api::apigateway::AccessLogSettings;
use gateway::exchange::{Context, NOBODY, Outcome, Refusal, ResourceFacts, StageFacts};
use gateway::trail::AccessLog;

const GROUP: &str = "arn:aws:logs:us-west-2:000000000000:log-group:/access";

pub(crate) fn run(input: &[u8]) {
    let [format, rest, agent] = crate::parts(input);
    let settings =
        AccessLogSettings { format: Some(format.clone()), destination_arn: Some(GROUP.to_owned()) };
    let stage = StageFacts { stage: "prod".into(), is_canary: Some(true), ..StageFacts::default() };
    let Ok(Some(log)) = AccessLog::compile(Some(&settings), &stage) else { return };
    let Some((request, _)) = crate::request::get(&rest, &agent) else { return };
    let resource = ResourceFacts { id: "res001".into(), path: "/{proxy+}".into() };
    let refusal = Refusal::BadRequestBody { faults: agent };
    for refusal in [None, Some(&refusal)] {
        let context = Context {
            request: &request,
            stage: &stage,
            resource: Some(&resource),
            route_key: None,
            caller: &NOBODY,
            trace: None,
            outcome: Some(&Outcome { status: 200, length: Some(1), refusal, ..Outcome::default() }),
        };
        let mut line = String::new();
        log.write(&context, &mut line);
        // Text is text, and what has no value leaves a hyphen.
        if !format.contains("$context.") {
            assert_eq!(line, format);
        }
    }
}
