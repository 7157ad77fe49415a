//! Any text as a policy, asked about any action and thing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::{Policy, Principal, Request, evaluate, evaluate_resource};

fuzz_target!(|input: (String, String, String, String)| {
    let (document, action, resource, value) = input;
    let Ok(policy) = Policy::parse(&document) else { return };
    let request = Request::new(Principal::Anonymous, &action, &resource).with("aws:SourceIp", value);
    let _ = (evaluate(&policy, &request), evaluate_resource(&policy, &request));
});
