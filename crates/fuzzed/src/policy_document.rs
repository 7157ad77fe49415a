//! Any text as a policy, asked about any action and thing.

use policy::{Policy, Principal, Request, evaluate, evaluate_resource};

pub(crate) fn run(input: &[u8]) {
    let [document, action, resource, value] = crate::parts(input);
    let Ok(policy) = Policy::parse(&document) else { return };
    let request = Request::new(Principal::Anonymous, &action, &resource).with("aws:SourceIp", value);
    let _ = (evaluate(&policy, &request), evaluate_resource(&policy, &request));
}
