//! The Python runtime: AWS's behaviour, with the interpreter that is there.

use serde_json::{Value, json};

use crate::bench::{Bench, Function};

#[test]
fn an_event_goes_in_and_a_result_comes_out() {
    let bench = Bench::new();
    bench.put(&Function::python(
        "import decimal\n\
         def handler(event, context):\n    return {'event': event, 'price': decimal.Decimal('1.10'), 'none': None}\n",
    ));
    let answer = bench.invoke(json!({"name": "Zoë", "list": [1, 2.5, null]}));
    assert!(!answer.is_error);
    assert_eq!(
        std::str::from_utf8(&answer.reply.payload).unwrap(),
        r#"{"event": {"name": "Zo\u00eb", "list": [1, 2.5, null]}, "price": 1.10, "none": null}"#
    );
    assert_eq!(answer.reply.executed_version, "$LATEST");
    bench.stop();
}

#[test]
fn the_context_and_the_environment_are_lambdas() {
    let bench = Bench::new();
    let code = "
import os, sys
def handler(event, context):
    c = context
    return {
        'context': {
            'request_id': c.aws_request_id, 'name': c.function_name, 'version': c.function_version,
            'memory': c.memory_limit_in_mb, 'arn': c.invoked_function_arn, 'group': c.log_group_name,
            'stream': c.log_stream_name, 'remaining': c.get_remaining_time_in_millis(),
            'custom': c.client_context.custom, 'title': c.client_context.client.app_title,
            'identity': c.identity.cognito_identity_id,
        },
        'environment': dict(os.environ), 'path': sys.path[0], 'cwd': os.getcwd(),
        'limits': __import__('resource').getrlimit(__import__('resource').RLIMIT_NOFILE),
        'leads': os.getpid() == os.getpgid(0) == os.getsid(0),
        'writable': open(os.environ['TMPDIR'] + '/x', 'w').write('x'),
    }
";
    let function =
        Function::python(code).variable("TABLE", "orders").variable("AWS_REGION", "mine").timeout(7);
    bench.put(&function);
    let mut request = Bench::request("f", &json!({}));
    request.trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1".into());
    request.client_context = Some(base64_of(r#"{"custom": {"k": "v"}, "client": {"app_title": "t"}}"#));
    let answer = bench.answer(request).unwrap();
    assert!(!answer.is_error, "{}", answer.value);
    let (context, variables) = (&answer.value["context"], &answer.value["environment"]);

    let remaining = context["remaining"].as_i64().unwrap();
    assert!((5_000..=7_000).contains(&remaining), "{remaining}");
    assert_eq!(context["request_id"].as_str().unwrap().len(), 36);
    assert_eq!(context["name"], "f");
    assert_eq!(context["version"], "$LATEST");
    assert_eq!(context["memory"], "128");
    assert_eq!(context["arn"], "arn:aws:lambda:us-west-2:000000000000:function:f");
    assert_eq!(context["group"], "/aws/lambda/f");
    assert!(context["stream"].as_str().unwrap().starts_with("2026/11/23/[$LATEST]"));
    assert_eq!(context["custom"], json!({"k": "v"}));
    assert_eq!(context["title"], "t");
    assert_eq!(context["identity"], Value::Null);

    let mut names: Vec<&str> = variables.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    // Python itself adds LC_CTYPE in the C locale.
    names.retain(|name| *name != "LC_CTYPE");
    assert_eq!(
        names,
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_DEFAULT_REGION",
            "AWS_ENDPOINT_URL",
            "AWS_EXECUTION_ENV",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_XRAY_CONTEXT_MISSING",
            "HOME",
            "LAMBDA_RUNTIME_DIR",
            "LAMBDA_TASK_ROOT",
            "LANG",
            "LD_LIBRARY_PATH",
            "PATH",
            "TABLE",
            "TMPDIR",
            "TZ",
            "_HANDLER",
            "_X_AMZN_TRACE_ID",
        ]
    );
    assert_eq!(variables["TABLE"], "orders");
    assert_eq!(variables["AWS_REGION"], "us-west-2", "reserved");
    assert_eq!(variables["AWS_ACCESS_KEY_ID"], "ASIAEXAMPLE");
    assert_eq!(variables["AWS_SECRET_ACCESS_KEY"], "the secret");
    assert_eq!(variables["AWS_SESSION_TOKEN"], "the token of f");
    assert_eq!(variables["AWS_ENDPOINT_URL"], "http://127.0.0.1:4566");
    assert_eq!(variables["AWS_EXECUTION_ENV"], "AWS_Lambda_python3.11");
    assert_eq!(variables["TZ"], ":UTC");
    assert_eq!(variables["_HANDLER"], "index.handler");
    assert_eq!(variables["_X_AMZN_TRACE_ID"], "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
    assert_eq!(answer.value["path"], variables["LAMBDA_TASK_ROOT"]);
    assert_eq!(answer.value["cwd"], variables["LAMBDA_TASK_ROOT"]);
    assert_eq!(answer.value["limits"], json!([1024, 1024]));
    assert_eq!(answer.value["leads"], json!(true));
    bench.stop();
}

fn base64_of(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn exceptions_are_told_and_the_process_goes_on() {
    let bench = Bench::new();
    bench.put(&Function::python(
        "import os\n\nclass Odd(Exception):\n    pass\n\ndef inner():\n    raise Odd('what a pity')\n\n\
         def handler(event, context):\n    if event.get('fail'):\n        inner()\n    return os.getpid()\n",
    ));
    let pid = bench.invoke(json!({})).value;
    let answer = bench.invoke(json!({"fail": true}));
    assert!(answer.is_error);
    assert_eq!(answer.value["errorMessage"], "what a pity");
    assert_eq!(answer.value["errorType"], "Odd");
    assert_eq!(answer.value["requestId"].as_str().unwrap().len(), 36);
    let trace: Vec<&str> =
        answer.value["stackTrace"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert_eq!(trace.len(), 2, "{trace:?}");
    assert!(trace[0].contains("index.py\", line 11, in handler\n    inner()\n"), "{}", trace[0]);
    assert!(trace[1].contains("in inner\n    raise Odd('what a pity')\n"), "{}", trace[1]);
    assert_eq!(bench.invoke(json!({})).value, pid);
    bench.stop();
}

/// Each function, and the type and message of the error that it has to give.
fn check(functions: &[(Function, &str, &str)]) {
    let bench = Bench::new();
    for (function, error_type, message) in functions {
        bench.put(function);
        let answer = bench.invoke(json!({}));
        assert!(answer.is_error);
        assert_eq!(answer.value["errorType"], *error_type, "{}", answer.value);
        let given = answer.value["errorMessage"].as_str().unwrap();
        assert!(given.starts_with(message), "{given}");
    }
    bench.stop();
}

#[test]
fn what_cannot_be_imported_or_returned_has_lambdas_error_types() {
    let with_handler = |handler: &str, code: &str| Function::of("python3.11", handler, &[("index.py", code)]);
    check(&[
        (
            with_handler("other.handler", ""),
            "Runtime.ImportModuleError",
            "Unable to import module 'other': No module named 'other'",
        ),
        (
            Function::python("import not_there\n"),
            "Runtime.ImportModuleError",
            "Unable to import module 'index': No module named 'not_there'",
        ),
        (
            Function::python("def handler(event, context):\n    return (\n"),
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'index': '(' was never closed (index.py, line 2)",
        ),
        (
            with_handler("index.nothing", ""),
            "Runtime.HandlerNotFound",
            "Handler 'nothing' missing on module 'index'",
        ),
        (
            with_handler("handler", ""),
            "Runtime.MalformedHandlerName",
            "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
        ),
        (
            with_handler("sys.exit", ""),
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
        (Function::python("raise ValueError('at the start')\n"), "ValueError", "at the start"),
        (
            Function::python("def handler(event, context):\n    return object()\n"),
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type object is not JSON serializable",
        ),
    ]);
}

#[test]
fn handlers_in_packages_and_bytes_as_results() {
    let bench = Bench::new();
    bench.put(&Function::of(
        "python3.11",
        "src/app.main.handler",
        &[
            ("src/app/__init__.py", ""),
            ("src/app/main.py", "def handler(event, context):\n    return b'[1,2]'\n"),
        ],
    ));
    let answer = bench.invoke(json!({}));
    assert_eq!(answer.reply.payload.as_ref(), b"[1,2]");
    bench.stop();
}
