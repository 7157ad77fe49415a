//! CloudWatch Logs' operations. Shapes: CloudWatch Logs API reference; texts: its answers as users
//! have reported them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::test_frame::{ACCOUNT, Frame, OTHER_ACCOUNT, START, text, with};

const ARN: &str = "arn:aws:logs:us-east-1:000000000000:log-group:/orders";

/// Milliseconds since 1970 at which tests begin.
const NOW: i64 = START.as_millis();

const HOUR: i64 = 60 * 60 * 1000;

fn orders() -> Value {
    json!({"logGroupName": "/orders"})
}

fn stream() -> Value {
    with(orders(), json!({"logStreamName": "one"}))
}

/// A frame with the group `/orders` and its stream `one`.
fn with_stream() -> Frame {
    let frame = Frame::new();
    frame.ok("logs:CreateLogGroup", orders());
    frame.ok("logs:CreateLogStream", stream());
    frame
}

fn put(frame: &Frame, events: &[(i64, &str)]) -> Value {
    let events: Vec<Value> =
        events.iter().map(|(time, text)| json!({"timestamp": time, "message": text})).collect();
    frame.ok("logs:PutLogEvents", with(stream(), json!({"logEvents": events})))
}

fn messages(answer: &Value) -> Vec<String> {
    answer["events"].as_array().unwrap().iter().map(|event| text(event, "message")).collect()
}

fn invalid(text: &str) -> String {
    format!("400 InvalidParameterException \"{text}\"")
}

fn not_found(text: &str) -> String {
    format!("400 ResourceNotFoundException \"{text}\"")
}

const NO_GROUP: &str = "The specified log group does not exist.";
const NO_STREAM: &str = "The specified log stream does not exist.";

/// What functions write without asking.
fn written_by_a_function(frame: &Frame, group: &str) {
    frame.plane.logs.append(
        &frame.context.scope,
        group,
        "2026/11/23/[$LATEST]a",
        vec![(START, "START".into())],
    );
    frame.block_on(frame.plane.logs.flush()).unwrap();
}

#[test]
fn a_group_is_described() {
    let frame = Frame::new();
    frame.ok("logs:CreateLogGroup", with(orders(), json!({"tags": {"team": "a"}})));
    let expected = json!({
        "logGroupName": "/orders", "creationTime": NOW, "metricFilterCount": 0, "arn": format!("{ARN}:*"),
        "storedBytes": 0, "logGroupClass": "STANDARD", "logGroupArn": ARN,
    });
    assert_eq!(frame.ok("logs:DescribeLogGroups", json!({})), json!({"logGroups": [expected]}));
    let tags = frame.ok("logs:ListTagsForResource", json!({"resourceArn": ARN}));
    assert_eq!(tags, json!({"tags": {"team": "a"}}));
}

#[test]
fn what_is_no_group_is_refused() {
    let frame = Frame::new();
    frame.ok("logs:CreateLogGroup", orders());
    written_by_a_function(&frame, "/aws/lambda/f");
    let check = |more: Value, expected: String| {
        assert_eq!(frame.refused("logs:CreateLogGroup", with(orders(), more)), expected);
    };
    let exists = "400 ResourceAlreadyExistsException \"The specified log group already exists\"".to_owned();
    check(json!({}), exists.clone());
    check(json!({"logGroupName": "/aws/lambda/f"}), exists);
    check(json!({"logGroupName": "aws/x"}), invalid("Log group names can't start with the string aws/"));
    check(json!({"kmsKeyId": "k"}), invalid("Encryption with a KMS key is not built yet."));
    check(
        json!({"logGroupClass": "INFREQUENT_ACCESS"}),
        invalid("Log group classes other than STANDARD are not built yet."),
    );
    check(json!({"deletionProtectionEnabled": true}), invalid("Deletion protection is not built yet."));
    check(
        json!({"logGroupName": "/new", "tags": {"aws:a": "b"}}),
        invalid("Invalid tag key 'aws:a'. Tag keys that start with 'aws:' are reserved for AWS use."),
    );
    check(
        json!({"logGroupName": "a b"}),
        invalid(
            "1 validation error detected: Value 'a b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
        ),
    );
}

#[test]
fn groups_are_found_by_prefix_pattern_identifier_and_page() {
    let frame = Frame::new();
    for name in ["/b/Orders", "/a/orders", "/a/pets"] {
        frame.ok("logs:CreateLogGroup", json!({"logGroupName": name}));
    }
    written_by_a_function(&frame, "/aws/lambda/f");
    let names = |input| {
        let answer = frame.ok("logs:DescribeLogGroups", input);
        let groups = answer["logGroups"].as_array().unwrap();
        let names: Vec<_> = groups.iter().map(|group| text(group, "logGroupName")).collect();
        (names, answer["nextToken"].clone())
    };
    assert_eq!(names(json!({})).0, ["/a/orders", "/a/pets", "/aws/lambda/f", "/b/Orders"]);
    assert_eq!(names(json!({"logGroupNamePrefix": "/a/"})).0, ["/a/orders", "/a/pets"]);
    assert_eq!(names(json!({"logGroupNamePattern": "ORDER"})).0, ["/a/orders", "/b/Orders"]);
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/a/pets";
    assert_eq!(names(json!({"logGroupIdentifiers": [arn, "/b/Orders"]})).0, ["/a/pets", "/b/Orders"]);
    assert_eq!(names(json!({"logGroupClass": "INFREQUENT_ACCESS"})).0, [""; 0]);
    let (first, token) = names(json!({"limit": 3}));
    assert_eq!(first.len(), 3);
    assert_eq!(names(json!({"limit": 3, "nextToken": token})), (vec!["/b/Orders".into()], Value::Null));
    assert_eq!(
        frame.refused(
            "logs:DescribeLogGroups",
            json!({"logGroupNamePrefix": "a", "logGroupNamePattern": "b"})
        ),
        invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    );
}

#[test]
fn accounts_and_regions_have_their_own_groups() {
    let frame = with_stream();
    put(&frame, &[(NOW, "mine")]);
    for other in [frame.in_scope(OTHER_ACCOUNT, "us-east-1"), frame.in_scope(ACCOUNT, "eu-west-1")] {
        assert_eq!(other.ok("logs:DescribeLogGroups", json!({})), json!({"logGroups": []}));
        for input in [orders(), json!({"logGroupIdentifier": ARN})] {
            let input = with(input, json!({"logStreamName": "one"}));
            assert_eq!(other.refused("logs:GetLogEvents", input), not_found(NO_GROUP));
        }
        assert_eq!(other.refused("logs:DeleteLogGroup", orders()), not_found(NO_GROUP));
    }
}

#[test]
fn an_unknown_group_is_no_group() {
    let frame = Frame::new();
    let event = json!([{"timestamp": NOW, "message": "x"}]);
    for (operation, input) in [
        ("DeleteLogGroup", orders()),
        ("PutRetentionPolicy", with(orders(), json!({"retentionInDays": 7}))),
        ("DeleteRetentionPolicy", orders()),
        ("CreateLogStream", stream()),
        ("DeleteLogStream", stream()),
        ("DescribeLogStreams", orders()),
        ("PutLogEvents", with(stream(), json!({"logEvents": event}))),
        ("GetLogEvents", stream()),
        ("FilterLogEvents", orders()),
        ("ListTagsForResource", json!({"resourceArn": ARN})),
        ("TagResource", json!({"resourceArn": ARN, "tags": {"a": "b"}})),
        ("UntagResource", json!({"resourceArn": ARN, "tagKeys": ["a"]})),
    ] {
        assert_eq!(frame.refused(&format!("logs:{operation}"), input), not_found(NO_GROUP), "{operation}");
    }
}

#[test]
fn a_group_is_named_once() {
    let frame = with_stream();
    let both = with(stream(), json!({"logGroupIdentifier": ARN}));
    let neither = json!({"logStreamName": "one"});
    let text = "You must include either logGroupIdentifier or logGroupName, but not both.";
    for input in [both, neither] {
        assert_eq!(frame.refused("logs:GetLogEvents", input), invalid(text));
    }
    for identifier in ["/orders", ARN] {
        let input = json!({"logGroupIdentifier": identifier, "logStreamName": "one"});
        frame.ok("logs:GetLogEvents", input);
    }
}

#[test]
fn a_deleted_group_leaves_nothing() {
    let frame = with_stream();
    put(&frame, &[(NOW, "old")]);
    frame.ok("logs:DeleteLogGroup", orders());
    assert_eq!(frame.ok("logs:DescribeLogGroups", json!({})), json!({"logGroups": []}));
    frame.ok("logs:CreateLogGroup", orders());
    assert_eq!(frame.ok("logs:DescribeLogStreams", orders()), json!({"logStreams": []}));
    written_by_a_function(&frame, "/written");
    frame.ok("logs:DeleteLogGroup", json!({"logGroupName": "/written"}));
}

/// CloudWatch Logs API reference, `PutRetentionPolicy`.
#[test]
fn retention_is_one_of_some_numbers_of_days() {
    let mut frame = Frame::new();
    written_by_a_function(&frame, "/orders");
    frame.after(Duration::from_secs(60));
    let put = |days: i32| with(orders(), json!({"retentionInDays": days}));
    let group = || frame.ok("logs:DescribeLogGroups", json!({}))["logGroups"][0].clone();
    frame.ok("logs:PutRetentionPolicy", put(7));
    assert_eq!(group()["retentionInDays"], json!(7));
    // What is said of a group later does not make it younger.
    assert_eq!(group()["creationTime"], json!(NOW));
    assert!(group()["storedBytes"].as_i64().unwrap() > 0);
    frame.ok("logs:DeleteRetentionPolicy", orders());
    assert!(group().get("retentionInDays").is_none());
    assert_eq!(
        frame.refused("logs:PutRetentionPolicy", put(8)),
        invalid(
            "1 validation error detected: Value '8' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]"
        )
    );
}

#[test]
fn expired_events_are_removed() {
    let mut frame = with_stream();
    put(&frame, &[(NOW, "old"), (NOW + HOUR, "young")]);
    frame.ok("logs:PutRetentionPolicy", with(orders(), json!({"retentionInDays": 1})));
    frame.after(Duration::from_secs(24 * 60 * 60 + 1));
    frame.block_on(crate::keep_retention(&frame.plane));
    let left = frame.ok("logs:GetLogEvents", stream());
    assert_eq!(messages(&left), ["young"]);
}

#[test]
fn streams_are_made_described_and_deleted() {
    let frame = with_stream();
    frame.ok("logs:CreateLogStream", with(orders(), json!({"logStreamName": "two"})));
    put(&frame, &[(NOW - 5, "a"), (NOW, "b")]);
    let answer = frame.ok("logs:DescribeLogStreams", orders());
    let one = json!({
        "logStreamName": "one", "creationTime": NOW, "firstEventTimestamp": NOW - 5,
        "lastEventTimestamp": NOW, "lastIngestionTime": NOW, "arn": format!("{ARN}:log-stream:one"),
        "storedBytes": 0,
    });
    let two = json!({
        "logStreamName": "two", "creationTime": NOW, "arn": format!("{ARN}:log-stream:two"), "storedBytes": 0,
    });
    assert_eq!(answer, json!({"logStreams": [one, two]}));
    let describe = |more| frame.ok("logs:DescribeLogStreams", with(orders(), more))["logStreams"].clone();
    assert_eq!(describe(json!({"logStreamNamePrefix": "t"})), json!([two]));
    assert_eq!(describe(json!({"orderBy": "LastEventTime", "descending": true})), json!([one, two]));
    assert_eq!(describe(json!({"descending": true, "limit": 1})), json!([two]));

    let first = frame.ok("logs:DescribeLogStreams", with(orders(), json!({"limit": 1})));
    let token = json!({"limit": 1, "nextToken": first["nextToken"]});
    assert_eq!(describe(token), json!([two]));
    let by_time = json!({"orderBy": "LastEventTime", "logStreamNamePrefix": "t"});
    assert_eq!(
        frame.refused("logs:DescribeLogStreams", with(orders(), by_time)),
        invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
    );
    assert_eq!(
        frame.refused("logs:DescribeLogStreams", with(orders(), json!({"nextToken": "x"}))),
        invalid("The specified nextToken is invalid.")
    );

    assert_eq!(
        frame.refused("logs:CreateLogStream", stream()),
        "400 ResourceAlreadyExistsException \"The specified log stream already exists\""
    );
    frame.ok("logs:DeleteLogStream", stream());
    assert_eq!(frame.refused("logs:DeleteLogStream", stream()), not_found(NO_STREAM));
    assert_eq!(frame.refused("logs:GetLogEvents", stream()), not_found(NO_STREAM));
}

#[test]
fn events_are_read_as_they_were_written() {
    let frame = with_stream();
    let answer = put(&frame, &[(NOW, "a"), (NOW + 1, "b")]);
    assert_eq!(text(&answer, "nextSequenceToken").len(), 56);
    assert!(answer.get("rejectedLogEventsInfo").is_none());
    let got = frame.ok("logs:GetLogEvents", with(stream(), json!({"startFromHead": true})));
    let event = |time: i64, text: &str| json!({"timestamp": time, "message": text, "ingestionTime": NOW});
    assert_eq!(got["events"], json!([event(NOW, "a"), event(NOW + 1, "b")]));
    let latest = frame.ok("logs:GetLogEvents", with(stream(), json!({"limit": 1})));
    assert_eq!(messages(&latest), ["b"]);
    let back = json!({"limit": 1, "nextToken": latest["nextBackwardToken"]});
    assert_eq!(messages(&frame.ok("logs:GetLogEvents", with(stream(), back))), ["a"]);
    let forward = with(stream(), json!({"nextToken": latest["nextForwardToken"]}));
    let end = frame.ok("logs:GetLogEvents", forward);
    assert_eq!((messages(&end).len(), &end["nextForwardToken"]), (0, &latest["nextForwardToken"]));
    let between = json!({"startTime": NOW + 1, "endTime": NOW + 2});
    assert_eq!(messages(&frame.ok("logs:GetLogEvents", with(stream(), between))), ["b"]);
    assert_eq!(
        frame.refused("logs:GetLogEvents", with(stream(), json!({"nextToken": "x"}))),
        invalid("The specified nextToken is invalid.")
    );
}

/// CloudWatch Logs API reference, `PutLogEvents`.
#[test]
fn a_batch_is_checked() {
    let frame = with_stream();
    let check = |stream_name: &str, events: &[(i64, &str)], expected: String| {
        let events: Vec<Value> =
            events.iter().map(|(time, text)| json!({"timestamp": time, "message": text})).collect();
        let input = with(stream(), json!({"logEvents": events, "logStreamName": stream_name}));
        assert_eq!(frame.refused("logs:PutLogEvents", input), expected);
    };
    check(
        "one",
        &[(NOW, "b"), (NOW - 1, "a")],
        invalid("Log events in a single PutLogEvents request must be in chronological order."),
    );
    check(
        "one",
        &[(NOW - 24 * HOUR - 1, "a"), (NOW, "b")],
        invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours."),
    );
    put(&frame, &[(NOW - 24 * HOUR, "a"), (NOW, "b")]);
    let message = "x".repeat(1_048_576 - 26);
    put(&frame, &[(NOW, &message)]);
    let longer = message + "x";
    check("one", &[(NOW, &longer)], invalid("Upload too large: 1048577 bytes exceeds limit of 1048576"));
    check("none", &[(NOW, "a")], not_found(NO_STREAM));
}

/// CloudWatch Logs API reference, `RejectedLogEventsInfo`: the ends are exclusive.
#[test]
fn events_of_other_times_are_left_out() {
    let day = 24 * HOUR;
    let rejected = |answer: &Value| answer["rejectedLogEventsInfo"].clone();
    let frame = with_stream();
    let old = put(&frame, &[(NOW - 14 * day - 1, "too old"), (NOW - 14 * day, "old")]);
    assert_eq!(rejected(&old), json!({"tooOldLogEventEndIndex": 1}));
    let new = put(&frame, &[(NOW + 2 * HOUR, "new"), (NOW + 2 * HOUR + 1, "too new")]);
    assert_eq!(rejected(&new), json!({"tooNewLogEventStartIndex": 1}));
    frame.ok("logs:PutRetentionPolicy", with(orders(), json!({"retentionInDays": 3})));
    let expired = put(&frame, &[(NOW - 3 * day - 1, "expired"), (NOW - 3 * day, "kept")]);
    assert_eq!(rejected(&expired), json!({"expiredLogEventEndIndex": 1}));
    let got = frame.ok("logs:GetLogEvents", with(stream(), json!({"startFromHead": true})));
    assert_eq!(messages(&got), ["old", "kept", "new"]);
    // Nothing is left of these, and the answer is still none of failure.
    assert_eq!(rejected(&put(&frame, &[(0, "a")])), json!({"tooOldLogEventEndIndex": 1}));
}

#[test]
fn events_are_filtered() {
    let frame = with_stream();
    frame.ok("logs:CreateLogStream", with(orders(), json!({"logStreamName": "two"})));
    put(&frame, &[(NOW, "START"), (NOW + 1, "error: cat"), (NOW + 2, "error: dog")]);
    let filter = |more| frame.ok("logs:FilterLogEvents", with(orders(), more));
    let all = filter(json!({}));
    assert_eq!(messages(&all), ["START", "error: cat", "error: dog"]);
    assert_eq!((&all["searchedLogStreams"], all.get("nextToken")), (&json!([]), None));
    assert_eq!(all["events"][0]["logStreamName"], json!("one"));
    assert_eq!(text(&all["events"][0], "eventId").len(), 56);
    assert_eq!(messages(&filter(json!({"filterPattern": "error -dog"}))), ["error: cat"]);
    assert_eq!(messages(&filter(json!({"logStreamNames": ["two"]}))), [""; 0]);
    assert_eq!(messages(&filter(json!({"logStreamNamePrefix": "on", "limit": 1}))), ["START"]);
    assert_eq!(messages(&filter(json!({"startTime": NOW + 1, "endTime": NOW + 1}))), ["error: cat"]);
    let first = filter(json!({"limit": 2}));
    let rest = filter(json!({"limit": 2, "nextToken": first["nextToken"]}));
    assert_eq!(messages(&rest), ["error: dog"]);

    let check = |more, expected: String| {
        assert_eq!(frame.refused("logs:FilterLogEvents", with(orders(), more)), expected);
    };
    check(
        json!({"logStreamNames": ["one"], "logStreamNamePrefix": "o"}),
        invalid("Cannot specify both logStreamNames and logStreamNamePrefix."),
    );
    check(json!({"logStreamNames": ["none"]}), not_found(NO_STREAM));
    check(json!({"nextToken": "x"}), invalid("The specified nextToken is invalid."));
    let refused = frame.refused("logs:FilterLogEvents", with(orders(), json!({"filterPattern": "{"})));
    assert!(refused.starts_with("400 InvalidParameterException \"Invalid filter pattern: "), "{refused}");
}

#[test]
fn groups_are_tagged() {
    let frame = with_stream();
    written_by_a_function(&frame, "/written");
    for arn in [ARN, "arn:aws:logs:us-east-1:000000000000:log-group:/written"] {
        let tags = || frame.ok("logs:ListTagsForResource", json!({"resourceArn": arn}))["tags"].clone();
        assert_eq!(tags(), json!({}));
        frame.ok("logs:TagResource", json!({"resourceArn": arn, "tags": {"a": "1", "b": "2"}}));
        frame.ok("logs:TagResource", json!({"resourceArn": arn, "tags": {"b": "3"}}));
        assert_eq!(tags(), json!({"a": "1", "b": "3"}));
        frame.ok("logs:UntagResource", json!({"resourceArn": arn, "tagKeys": ["a", "none"]}));
        assert_eq!(tags(), json!({"b": "3"}));
    }
    let fifty: serde_json::Map<_, _> = (0..50).map(|n| (format!("k{n}"), json!(""))).collect();
    assert_eq!(
        frame.refused("logs:TagResource", json!({"resourceArn": ARN, "tags": fifty})),
        "400 TooManyTagsException \"A resource can have at most 50 tags.\""
    );
    let destination = "arn:aws:logs:us-east-1:000000000000:destination:d";
    assert_eq!(
        frame.refused("logs:ListTagsForResource", json!({"resourceArn": destination})),
        not_found("The specified resource does not exist.")
    );
}

/// The operator reads why, the caller is told to try again.
#[test]
fn a_fault_of_the_log_store_is_told() {
    let told = |fault| match super::fault(fault) {
        crate::Failure::Service(error) => (error.status(None), error.code(None)),
        crate::Failure::Store(fault) => panic!("{fault}"),
    };
    for fault in [::logs::LogFault::DiskFull, ::logs::LogFault::Closed] {
        assert_eq!(told(fault), (503, "ServiceUnavailableException".into()));
    }
}
