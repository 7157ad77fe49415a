//! Every operation of every service is closed to who has not signed, and every one that is built is
//! closed in strict mode to whom nothing allows it.

use api::SERVICES;

use super::samples::sample;
use super::*;

#[test]
fn nobody_gets_in_unsigned() {
    let frame = Frame::new();
    for wire in [frame.strict(), frame.development()] {
        let mut asked = 0;
        for service in SERVICES {
            for &operation in service.operations {
                let reply = wire.unsigned(&sample(operation));
                let refusal = reply.refusal();
                assert!(refusal.ends_with("\"Missing Authentication Token\""), "{operation:?}: {refusal}");
                assert!([400, 403].contains(&reply.status), "{operation:?}: {refusal}");
                asked += 1;
            }
        }
        assert!(asked > 300, "{asked}");
    }
}

/// All but asking who one is.
#[test]
fn nobody_does_what_nothing_allows() {
    let frame = Frame::new();
    let ada = frame.user("ada");
    let session = {
        let role = role_for_all(&frame);
        frame.session(&role, "me")
    };
    let wire = frame.strict();
    let registry = crate::registry();
    let mut asked = 0;
    for service in SERVICES {
        for &operation in service.operations.iter().filter(|operation| registry.is_built(operation)) {
            let sent = sample(operation);
            for (signer, arn) in [
                (&ada, "arn:aws:iam::000000000000:user/ada"),
                (&session, "arn:aws:sts::000000000000:assumed-role/worker/me"),
            ] {
                let reply = wire.signed(signer, service.signing_name, &sent);
                if operation.name == "GetCallerIdentity" {
                    assert_eq!(reply.status, 200, "{reply:?}");
                    continue;
                }
                let refusal = reply.refusal();
                let code = refusal.split(' ').nth(1).unwrap();
                let expected = format!("\"User: {arn} is not authorized to perform: ");
                assert!(
                    ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"].contains(&code)
                        && refusal.contains(&expected),
                    "{operation:?}: {refusal}"
                );
            }
            asked += 1;
        }
    }
    assert!(asked > 100, "{asked}");
}

/// The same requests come through if the account's root sends them, so it is the policies that
/// refuse them and not their form.
#[test]
fn the_root_is_not_held_to_policies() {
    let frame = Frame::new();
    let wire = frame.strict();
    let registry = crate::registry();
    for service in SERVICES {
        for &operation in service.operations.iter().filter(|operation| registry.is_built(operation)) {
            let reply = wire.signed(&Signer::root(), service.signing_name, &sample(operation));
            let text = format!("{operation:?}: {} {}", reply.status, reply.body);
            assert!(reply.status < 500, "{text}");
            if reply.status >= 400 {
                let refusal = reply.refusal();
                for early in
                    ["validation error", "SerializationException", "UnknownOperation", "not authorized"]
                {
                    let of_no_role = refusal.contains("sts:AssumeRole");
                    assert!(!refusal.contains(early) || of_no_role, "{text}");
                }
            }
        }
    }
}
