//! Any text as a mapped value of an HTTP API, any as the key that it is mapped to, of any request with any payload.

use gateway::exchange::StageFacts;
use gateway::http_api::texts::{Sent, mapped_parameters, mapped_value};

pub(crate) fn run(input: &[u8]) {
    let [key, value, rest, agent, body] = crate::parts(input);
    let Some((request, headers)) = crate::request::get(&rest, &agent) else { return };
    let stage = StageFacts { stage: "prod".into(), ..StageFacts::default() };
    let sent = Sent { request: &request, headers: &headers, body: body.as_bytes(), stage: &stage };
    let values = mapped_value(&value, sent);
    if !value.contains('$') {
        // A text is itself.
        assert_eq!(values, [Some(value.clone()), Some(value.clone())]);
    }
    let (_, status) = mapped_parameters(&key, &value, sent);
    assert!(status.is_none_or(|status| !status.is_informational()), "{status:?}");
}
