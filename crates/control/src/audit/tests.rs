//! Which records calls leave, through the whole pipeline.

use std::time::Duration;

use serde_json::{Value, json};

use crate::test_frame::{
    ACCOUNT, Frame, OTHER_ACCOUNT, REGION, Sent, Signer, Wire, ZIP, blob, function_input, text, with,
};

/// All events of the frame's account and region, newest first, as CloudTrail writes them.
fn events(frame: &Frame) -> Vec<Value> {
    let looked_up = frame.ok("cloudtrail:LookupEvents", json!({}));
    let events = looked_up["Events"].as_array().unwrap();
    events.iter().map(|event| serde_json::from_str(&text(event, "CloudTrailEvent")).unwrap()).collect()
}

fn names(frame: &Frame) -> Vec<String> {
    events(frame).iter().map(|event| text(event, "eventName")).collect()
}

fn post(target: &str, body: &Value) -> Sent {
    Sent::new("POST", target)
        .with("content-type", "application/json")
        .with("user-agent", "tests/1")
        .body(body.to_string())
}

fn send(wire: &Wire, sent: &Sent) -> u16 {
    wire.signed(&Signer::root(), "apigateway", sent).status
}

#[test]
fn a_change_leaves_one_record_in_cloudtrails_form() {
    let frame = Frame::new();
    let wire = frame.development();
    let reply = wire.signed(&Signer::root(), "apigateway", &post("/restapis", &json!({"name": "pets"})));
    assert_eq!(reply.status, 201);
    let (made, request) = (reply.json(), reply.header("x-amzn-requestid").to_owned());
    assert_eq!(send(&wire, &Sent::new("GET", "/restapis")), 200);
    let [event] = &events(&frame)[..] else { panic!("one change, one record") };
    let id = text(event, "eventID");
    assert_eq!(id.len(), 36);
    let mut elements = event["responseElements"].clone();
    assert_eq!(elements["createdDate"].take(), "2026-11-23T08:04:43Z");
    let mut expected = made.clone();
    expected["createdDate"].take();
    assert_eq!(elements, expected);
    assert_eq!(
        *event,
        json!({
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "Root",
                "principalId": ACCOUNT,
                "arn": "arn:aws:iam::000000000000:root",
                "accountId": ACCOUNT,
                "accessKeyId": Signer::root().key,
            },
            "eventTime": "2026-11-23T08:04:43Z",
            "eventSource": "apigateway.amazonaws.com",
            "eventName": "CreateRestApi",
            "awsRegion": "us-east-1",
            "sourceIPAddress": "192.0.2.1",
            "userAgent": "tests/1",
            "requestParameters": {"name": "pets"},
            "responseElements": event["responseElements"],
            "requestID": request,
            "eventID": id,
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": ACCOUNT,
            "eventCategory": "Management",
        })
    );
}

#[test]
fn a_refused_change_leaves_its_error_and_no_change() {
    let frame = Frame::new();
    let wire = frame.development();
    assert_eq!(send(&wire, &Sent::new("DELETE", "/restapis/nope")), 404);
    assert_eq!(send(&wire, &post("/restapis", &json!({}))), 400);
    assert_eq!(send(&wire, &Sent::new("POST", "/restapis").body("{")), 400);
    let told: Vec<Value> = events(&frame)
        .iter()
        .map(|event| {
            json!([
                event["eventName"],
                event["errorCode"],
                event["requestParameters"],
                event["responseElements"]
            ])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["CreateRestApi", "SerializationException", null, null]),
            json!(["CreateRestApi", "ValidationException", null, null]),
            json!(["DeleteRestApi", "NotFoundException", {"restApiId": "nope"}, null]),
        ]
    );
    assert_eq!(events(&frame)[2]["errorMessage"], format!("Invalid API identifier specified {ACCOUNT}:nope"));
    assert_eq!(frame.ok("apigateway:GetRestApis", json!({}))["items"], json!([]));
}

#[test]
fn a_call_that_breaks_leaves_no_success() {
    let frame = Frame::new();
    frame.role("worker");
    let wire = frame.development();
    frame.functions.panics.store(true, std::sync::atomic::Ordering::Relaxed);
    let create = post("/2015-03-31/functions", &function_input("f"));
    assert_eq!(wire.signed(&Signer::root(), "lambda", &create).status, 500);
    let [event] = &events(&frame)[..] else { panic!("one call, one record") };
    assert_eq!((&event["errorCode"], &event["responseElements"]), (&json!("InternalFailure"), &Value::Null));
}

#[test]
fn operations_that_wait_are_recorded_once() {
    let frame = Frame::new();
    frame.role("worker");
    let wire = frame.development();
    let root = Signer::root();
    let create = post("/2015-03-31/functions", &function_input("f"));
    assert_eq!(wire.signed(&root, "lambda", &create).status, 201);
    let group = json!({"logGroupName": "/g"});
    for (operation, input) in [
        ("CreateLogGroup", group.clone()),
        ("CreateLogStream", with(group.clone(), json!({"logStreamName": "s"}))),
        ("DescribeLogGroups", json!({})),
        ("DeleteLogStream", with(group.clone(), json!({"logStreamName": "s"}))),
        ("DeleteLogGroup", group),
    ] {
        let reply = wire.signed(&root, "logs", &Sent::logs(operation, &input));
        assert_eq!(reply.status, 200, "{operation}: {}", reply.body);
    }
    let expected =
        ["DeleteLogGroup", "DeleteLogStream", "CreateLogStream", "CreateLogGroup", "CreateFunction20150331"];
    assert_eq!(names(&frame), expected);
    let function = &events(&frame)[4];
    assert_eq!(function["responseElements"]["functionName"], "f");
    assert_eq!(function["requestParameters"]["code"], json!({"zipFile": "HIDDEN_DUE_TO_SECURITY_REASONS"}));
}

/// Whatever goes in or comes out as a secret is in no record, of calls that succeed and of those
/// that are refused.
#[test]
fn no_record_holds_a_secret() {
    const SECRET: &str = "s3cret-s3cret-s3cret-s3cret";
    let frame = Frame::new();
    frame.role("worker");
    let wire = frame.development();
    let root = Signer::root();
    let mut secrets = vec![SECRET.to_owned(), blob(ZIP).as_str().unwrap().to_owned()];
    let key =
        wire.signed(&root, "apigateway", &post("/apikeys", &json!({"name": "k", "value": SECRET}))).json();
    wire.signed(&root, "apigateway", &post("/apikeys", &json!({"name": "k", "value": SECRET})));
    let made_up = wire.signed(&root, "apigateway", &post("/apikeys", &json!({"name": "k"}))).json();
    secrets.push(text(&made_up, "value"));
    let patch = json!({"patchOperations": [{"op": "replace", "path": "/value", "value": SECRET}]});
    let patch = Sent { method: "PATCH", ..post(&format!("/apikeys/{}", text(&key, "id")), &patch) };
    assert_eq!(send(&wire, &patch), 400);
    let import = Sent::new("POST", "/apikeys?mode=import&format=csv").body(format!("name,key\nn,{SECRET}-2"));
    send(&wire, &import);
    let plan = wire.signed(&root, "apigateway", &post("/usageplans", &json!({"name": "p"}))).json();
    let inside = json!({"keyId": text(&key, "id"), "keyType": "API_KEY"});
    assert_eq!(send(&wire, &post(&format!("/usageplans/{}/keys", text(&plan, "id")), &inside)), 201);
    send(&wire, &post("/domainnames", &json!({"domainName": "d", "certificatePrivateKey": SECRET})));
    wire.signed(&root, "iam", &Sent::form("Action=CreateUser&Version=2010-05-08&UserName=ada"));
    let reply =
        wire.signed(&root, "iam", &Sent::form("Action=CreateAccessKey&Version=2010-05-08&UserName=ada"));
    let element = |name: &str, body: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{body}"));
        rest.split_once("</").unwrap().0.to_owned()
    };
    secrets.push(element("SecretAccessKey", &reply.body));
    let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}});
    let role = frame.role_with("mine", &trust.to_string());
    let assume = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=me");
    let reply = wire.signed(&root, "sts", &Sent::form(assume));
    secrets.extend([element("SecretAccessKey", &reply.body), element("SessionToken", &reply.body)]);
    let function = with(function_input("f"), json!({"Environment": {"Variables": {"PASSWORD": SECRET}}}));
    assert_eq!(wire.signed(&root, "lambda", &post("/2015-03-31/functions", &function)).status, 201);
    let recorded = events(&frame);
    assert!(recorded.len() >= 10, "{recorded:?}");
    for event in recorded {
        for secret in &secrets {
            assert!(!event.to_string().contains(&**secret), "{secret} in {event}");
        }
    }
}

#[test]
fn users_and_sessions_are_told_from_the_root() {
    let frame = Frame::new();
    let ada = frame.user("ada");
    let trust = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}});
    let role = frame.role_with("mine", &trust.to_string());
    let session = frame.session(&role, "me");
    let wire = frame.strict();
    for signer in [&ada, &session] {
        assert_eq!(wire.signed(signer, "apigateway", &post("/restapis", &json!({"name": "a"}))).status, 403);
    }
    let [of_session, of_user] = &events(&frame)[..] else { panic!("two refusals, two records") };
    assert_eq!(of_user["errorCode"], "AccessDeniedException");
    assert_eq!(
        of_user["userIdentity"],
        json!({
            "type": "IAMUser",
            "principalId": of_user["userIdentity"]["principalId"],
            "arn": "arn:aws:iam::000000000000:user/ada",
            "accountId": ACCOUNT,
            "accessKeyId": ada.key,
            "userName": "ada",
        })
    );
    let identity = &of_session["userIdentity"];
    assert_eq!(identity["type"], "AssumedRole");
    assert_eq!(identity["arn"], "arn:aws:sts::000000000000:assumed-role/mine/me");
    let id = text(identity, "principalId");
    assert_eq!(
        identity["sessionContext"],
        json!({
            "sessionIssuer": {
                "type": "Role", "principalId": id.strip_suffix(":me").unwrap(), "arn": role,
                "accountId": ACCOUNT, "userName": "mine",
            },
            "attributes": {"creationDate": "2026-11-23T08:04:43Z", "mfaAuthenticated": "false"},
        })
    );
    let by = |key: &str, value: &str| {
        let wanted = json!({"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]});
        frame.ok("cloudtrail:LookupEvents", wanted)["Events"].as_array().unwrap().len()
    };
    assert_eq!([by("Username", "ada"), by("Username", "me"), by("Username", "root")], [1, 1, 0]);
}

#[test]
fn who_cannot_prove_himself_leaves_nothing() {
    let frame = Frame::new();
    let wire = frame.strict();
    let create = post("/restapis", &json!({"name": "a"}));
    assert_eq!(wire.unsigned(&create).status, 403);
    let forged = Signer { secret: "wrong".into(), ..Signer::root() };
    assert_eq!(wire.signed(&forged, "apigateway", &create).status, 403);
    assert_eq!(names(&frame), [""; 0]);
}

#[test]
fn accounts_and_regions_have_histories_of_their_own() {
    let frame = Frame::new();
    let wire = frame.development();
    assert_eq!(send(&wire, &post("/restapis", &json!({"name": "a"}))), 201);
    assert_eq!(names(&frame), ["CreateRestApi"]);
    assert_eq!(names(&frame.in_scope(ACCOUNT, "eu-west-1")), [""; 0]);
    assert_eq!(names(&frame.in_scope(OTHER_ACCOUNT, REGION)), [""; 0]);
}

/// CloudTrail user guide, "Working with CloudTrail event history".
#[test]
fn records_are_kept_for_ninety_days() {
    const DAY: Duration = Duration::from_secs(86_400);
    let mut frame = Frame::new();
    assert_eq!(send(&frame.development(), &post("/restapis", &json!({"name": "a"}))), 201);
    frame.after(90 * DAY);
    frame.block_on(crate::keep_retention(&frame.plane));
    assert_eq!(names(&frame), ["CreateRestApi"]);
    frame.after(Duration::from_millis(1));
    // Not shown any more, and then not there any more.
    assert_eq!(names(&frame), [""; 0]);
    let stored = |frame: &Frame| {
        let scope = frame.context.scope.clone();
        frame.write(move |tx| {
            let mut count = 0;
            tx.records::<super::TrailRecord>(&scope, &store::Span::default(), |_, _| {
                count += 1;
                true
            })?;
            Ok(count)
        })
    };
    assert_eq!(stored(&frame), 1);
    frame.block_on(crate::keep_retention(&frame.plane));
    assert_eq!(stored(&frame), 0);
}
