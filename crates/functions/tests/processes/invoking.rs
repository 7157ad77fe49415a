//! Who may invoke, in which ways, and what stands in the log.

use std::time::Duration;

use api::iam::Role;
use api::lambda::AliasConfiguration;
use base::Timestamp;
use bytes::Bytes;
use documents::iam::{IdentityPolicies, RoleDocument};
use documents::lambda::{FunctionAliasDocument, FunctionVersionDocument, ResourcePolicy, qualified};
use ports::functions::{InvocationType, InvokeError, Invoker};
use serde_json::{Value, json};
use store::Key;

use crate::bench::{Bench, Function};

const ECHO: &str = "def handler(event, context):\n    print('hello')\n    return event\n";

const SOURCE: &str = "arn:aws:execute-api:us-west-2:000000000000:a1b2c3d4e5/prod/GET/pets";

fn by_gateway() -> Invoker {
    Invoker::Service {
        principal: "apigateway.amazonaws.com".into(),
        source_arn: SOURCE.into(),
        source_account: "000000000000".into(),
    }
}

fn statement(principal: &str, condition: Value) -> Value {
    json!({
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [{
            "Sid": "api",
            "Effect": "Allow",
            "Principal": {"Service": principal},
            "Action": "lambda:InvokeFunction",
            "Resource": "arn:aws:lambda:us-west-2:000000000000:function:f",
            "Condition": condition,
        }],
    })
}

#[test]
fn a_service_needs_the_functions_permission() {
    let bench = Bench::new();
    let mut function = Function::python(ECHO);
    let mut check = |policy: Option<Value>, allowed: bool| {
        function.policy = policy.clone();
        bench.put(&function);
        let mut request = Bench::request("f", &json!(1));
        request.invoker = by_gateway();
        let outcome = bench.answer(request).map(|answer| answer.value);
        let denied = InvokeError::Denied {
            invoker: "apigateway.amazonaws.com".into(),
            arn: "arn:aws:lambda:us-west-2:000000000000:function:f".into(),
        };
        assert_eq!(outcome, if allowed { Ok(json!(1)) } else { Err(denied) }, "{policy:?}");
    };
    let like = |arn: &str| json!({"ArnLike": {"AWS:SourceArn": arn}});
    check(None, false);
    check(Some(statement("apigateway.amazonaws.com", json!({}))), true);
    check(Some(statement("events.amazonaws.com", json!({}))), false);
    check(
        Some(statement(
            "apigateway.amazonaws.com",
            like("arn:aws:execute-api:us-west-2:000000000000:a1b2c3d4e5/*/*/pets"),
        )),
        true,
    );
    check(
        Some(statement(
            "apigateway.amazonaws.com",
            like("arn:aws:execute-api:us-west-2:000000000000:other/*"),
        )),
        false,
    );
    let account = |account: &str| json!({"StringEquals": {"AWS:SourceAccount": account}});
    check(Some(statement("apigateway.amazonaws.com", account("000000000000"))), true);
    check(Some(statement("apigateway.amazonaws.com", account("111111111111"))), false);
    check(Some(json!({"Statement": [{"Effect": "Perhaps"}]})), false);
    bench.stop();
}

#[test]
fn a_role_needs_a_policy_that_allows_it() {
    let bench = Bench::new();
    bench.put(&Function::python(ECHO));
    let arn = "arn:aws:iam::000000000000:role/apis/caller";
    let invoke = || {
        let mut request = Bench::request("f", &json!(1));
        request.invoker = Invoker::Role { arn: arn.into(), service: "apigateway.amazonaws.com" };
        bench.answer(request).map(|answer| answer.value)
    };
    let denied = || {
        Err(InvokeError::Denied {
            invoker: arn.into(),
            arn: "arn:aws:lambda:us-west-2:000000000000:function:f".into(),
        })
    };
    let trusted = std::cell::Cell::new("apigateway.amazonaws.com");
    let put = |inline: &[Value], attached: &[&str]| {
        let trust = json!({"Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": trusted.get()},
        }]});
        let role = RoleDocument {
            role: Role {
                path: "/apis/".into(),
                role_name: "caller".into(),
                role_id: "AROAEXAMPLE".into(),
                arn: arn.into(),
                create_date: Timestamp::default(),
                assume_role_policy_document: Some(trust.to_string()),
                ..Role::default()
            },
            policies: IdentityPolicies {
                inline: inline
                    .iter()
                    .enumerate()
                    .map(|(at, policy)| (at.to_string(), policy.to_string()))
                    .collect(),
                attached: attached.iter().map(|arn| (*arn).to_owned()).collect(),
            },
        };
        bench.write(move |tx| tx.put(&Bench::scope().to_global(), &Key::new(["caller"]), &role));
    };
    let policy = |effect: &str| {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": effect, "Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:*:000000000000:function:f",
        }]})
    };
    assert_eq!(invoke(), denied(), "there is no such role");
    put(&[], &[]);
    assert_eq!(invoke(), denied());
    put(&[policy("Allow")], &[]);
    assert_eq!(invoke(), Ok(json!(1)));
    assert_eq!(invoke(), Ok(json!(1)), "from memory");
    put(&[policy("Allow"), policy("Deny")], &[]);
    assert_eq!(invoke(), denied());
    put(&[], &["arn:aws:iam::aws:policy/AdministratorAccess"]);
    assert_eq!(invoke(), Ok(json!(1)));
    put(&[policy("Allow")], &["arn:aws:iam::000000000000:policy/gone"]);
    assert_eq!(invoke(), denied(), "a policy that cannot be read might deny");
    let elsewhere = json!({"Statement": [{
        "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    }]});
    put(&[policy("Allow"), elsewhere], &[]);
    assert_eq!(invoke(), denied(), "a Deny whose condition cannot be told");
    trusted.set("lambda.amazonaws.com");
    put(&[policy("Allow")], &[]);
    assert_eq!(invoke(), denied(), "the role trusts somebody else");
    bench.stop();
}

#[test]
fn a_dry_run_only_looks() {
    let bench = Bench::new();
    bench.put(&Function::python("raise Exception('must not run')\n"));
    let dry = |name: &str, invoker: Invoker| {
        let mut request = Bench::request(name, &json!({}));
        request.invocation_type = InvocationType::DryRun;
        request.invoker = invoker;
        bench.answer(request).map(|answer| answer.reply.payload)
    };
    assert_eq!(dry("f", Invoker::Authorized), Ok(Bytes::new()));
    assert!(matches!(dry("f", by_gateway()), Err(InvokeError::Denied { .. })));
    assert!(matches!(dry("other", Invoker::Authorized), Err(InvokeError::NotFound { .. })));
    assert!(bench.lines().is_empty());
    bench.stop();
}

#[test]
fn an_event_is_run_behind_the_callers_back_and_tried_three_times() {
    let bench = Bench::with(|settings| {
        settings.event_retry_delays = vec![Duration::from_millis(30), Duration::from_millis(60)];
    });
    bench.put(&Function::python(
        "def handler(event, context):\n    print('try', context.aws_request_id)\n    1 / event\n",
    ));
    let event = |payload: &'static [u8]| {
        let mut request = Bench::request("f", &json!({}));
        request.invocation_type = InvocationType::Event;
        request.payload = Bytes::from_static(payload);
        bench.answer(request).map(|answer| (answer.reply.payload, answer.reply.function_error))
    };
    let tries =
        || -> Vec<String> { bench.lines().into_iter().filter(|line| line.starts_with("try ")).collect() };
    assert_eq!(event(b"0"), Ok((Bytes::new(), None)));
    bench.wait_until("three tries", || tries().len() == 3);
    let all = tries();
    assert!(all.iter().all(|line| *line == all[0]), "one request id: {all:?}");
    assert_eq!(event(b"1"), Ok((Bytes::new(), None)));
    bench.wait_until("one more", || tries().len() == 4);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(tries().len(), 4, "neither success nor a third failure is repeated");
    assert!(matches!(event(b"no json"), Err(InvokeError::NotJson { .. })));
    bench.stop();
}

#[test]
fn versions_and_aliases_run_their_own_code() {
    let bench = Bench::new();
    let code = |text: &str| {
        format!(
            "def handler(event, context):\n    return ['{text}', context.function_version, context.invoked_function_arn]\n"
        )
    };
    bench.put(&Function::python(&code("latest")));
    let published = Function::python(&code("published"));
    let package = crate::bench::zip(&[("index.py", &published.files[0].1)]);
    bench.write(move |tx| {
        let mut configuration = published.configuration.clone();
        configuration.version = Some("1".into());
        let version = FunctionVersionDocument { configuration, code: tx.put_blob(&package)?, policy: None };
        tx.put(&Bench::scope(), &qualified("f", "1"), &version)?;
        let mut policy = statement("apigateway.amazonaws.com", json!({}));
        policy["Statement"][0]["Resource"] = json!("arn:aws:lambda:us-west-2:000000000000:function:f:live");
        let alias = FunctionAliasDocument {
            alias: AliasConfiguration { function_version: Some("1".into()), ..AliasConfiguration::default() },
            policy: Some(ResourcePolicy { document: policy, revision_id: "1".into() }),
        };
        tx.put(&Bench::scope(), &qualified("f", "live"), &alias)
    });
    let invoke = |qualifier: Option<&str>, invoker: Invoker| {
        let mut request = Bench::request("f", &json!({}));
        request.function.qualifier = qualifier.map(str::to_owned);
        request.invoker = invoker;
        bench.answer(request).map(|answer| (answer.value, answer.reply.executed_version))
    };
    let arn = "arn:aws:lambda:us-west-2:000000000000:function:f";
    let check = |qualifier: Option<&str>, value: Value, version: &str| {
        assert_eq!(invoke(qualifier, Invoker::Authorized), Ok((value, version.to_owned())));
    };
    check(None, json!(["latest", "$LATEST", arn]), "$LATEST");
    check(Some("$LATEST"), json!(["latest", "$LATEST", format!("{arn}:$LATEST")]), "$LATEST");
    check(Some("1"), json!(["published", "1", format!("{arn}:1")]), "1");
    check(Some("live"), json!(["published", "1", format!("{arn}:live")]), "1");
    assert!(invoke(Some("live"), by_gateway()).is_ok(), "the permission is the alias's");
    assert!(matches!(invoke(Some("1"), by_gateway()), Err(InvokeError::Denied { .. })));
    let missing = invoke(Some("2"), Invoker::Authorized).unwrap_err();
    assert_eq!(missing.to_string(), format!("Function not found: {arn}:2"));
    bench.stop();
}

#[test]
fn the_log_reads_as_lambdas() {
    let bench = Bench::new();
    bench.put(&Function::python(
        "import logging, sys\nlogging.getLogger().setLevel('INFO')\n\
         def handler(event, context):\n    print('out')\n    print('err', file=sys.stderr)\n\
         \x20   sys.stdout.write('no line end')\n    sys.stdout.flush()\n    sys.stdout.write('\\n')\n\
         \x20   logging.info('two\\nlines')\n    if event:\n        raise KeyError('k')\n    return context.aws_request_id\n",
    ));
    let mut request = Bench::request("f", &json!(null));
    request.log_tail = true;
    let answer = bench.answer(request).unwrap();
    let id = answer.value.as_str().unwrap();
    let lines = bench.lines();
    assert_eq!(lines[0], format!("START RequestId: {id} Version: $LATEST"));
    assert_eq!(lines[1..4], ["out", "err", "no line end"]);
    let logged: Vec<&str> = lines[4].split('\t').collect();
    assert_eq!((logged[0], logged[2], logged[3]), ("[INFO]", id, "two\nlines"));
    assert_eq!(lines[5], format!("END RequestId: {id}"));
    assert_eq!(lines.len(), 7);
    assert_eq!(answer.reply.log_tail.unwrap(), lines.join("\n") + "\n");
    let fields: Vec<&str> = lines[6].split('\t').collect();
    assert_eq!(fields[0], format!("REPORT RequestId: {id}"));
    let is_amount = |field: &str, name: &str, unit: &str| {
        let number = field.strip_prefix(name).and_then(|rest| rest.strip_suffix(unit));
        number.is_some_and(|number| number.trim().parse::<f64>().is_ok())
    };
    assert!(is_amount(fields[1], "Duration: ", " ms"), "{}", fields[1]);
    assert!(is_amount(fields[2], "Billed Duration: ", " ms"), "{}", fields[2]);
    assert_eq!(fields[3], "Memory Size: 128 MB");
    assert!(is_amount(fields[4], "Max Memory Used: ", " MB"), "{}", fields[4]);
    assert!(is_amount(fields[5], "Init Duration: ", " ms"), "{}", fields[5]);

    bench.invoke(json!(true));
    let error = bench.lines().into_iter().find(|line| line.starts_with("[ERROR] ")).unwrap();
    assert!(
        error.starts_with("[ERROR] KeyError: 'k'\nTraceback (most recent call last):\n\u{a0}\u{a0}File \""),
        "{error:?}"
    );

    let places = bench.places();
    assert!(places.iter().all(|place| *place == places[0]), "one process, one stream");
    assert_eq!(places[0].0, "/aws/lambda/f");
    let (day, hex) = places[0].1.split_once("[$LATEST]").unwrap();
    assert_eq!((day, hex.len()), ("2026/11/23/", 32));
    bench.stop();
}
