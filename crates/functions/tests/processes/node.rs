//! The Node.js runtime: AWS's behaviour, with the interpreter that is there.

use serde_json::json;

use crate::bench::{Bench, Function};

/// Every form of handler gets `{"n": 20}` and has to answer 21.
#[test]
fn all_forms_of_handlers_are_run() {
    let bench = Bench::new();
    let check = |file: &str, code: &str| {
        bench.put(&Function::node(file, code));
        let answer = bench.invoke(json!({"n": 20}));
        assert_eq!((answer.value, answer.is_error), (json!(21), false), "{code}");
    };
    check("index.js", "exports.handler = async (event) => event.n + 1");
    check("index.mjs", "export const handler = async (event) => event.n + 1");
    check("index.cjs", "exports.handler = async (event) => event.n + 1");
    check("index.js", "exports.handler = (event, context, callback) => callback(null, event.n + 1)");
    // The callback's result waits until nothing is left to do.
    check(
        "index.js",
        "exports.handler = (event, context, callback) => { let n = event.n;\n\
         setTimeout(() => { n += 1; result.n = n }, 20); const result = { toJSON() { return this.n } };\n\
         callback(null, result) }",
    );
    check(
        "index.js",
        "exports.handler = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false;\n\
         setInterval(() => {}, 1000); callback(null, event.n + 1) }",
    );
    check("index.js", "exports.handler = (event, context) => context.succeed(event.n + 1)");
    bench.stop();
}

#[test]
fn es_modules_by_package_json_and_nested_handlers() {
    let bench = Bench::new();
    bench.put(&Function::of(
        "nodejs20.x",
        "src/index.api.handler",
        &[
            ("package.json", r#"{"type": "module"}"#),
            ("src/index.js", "export const api = { handler: async () => import.meta.url.slice(-12) }"),
        ],
    ));
    assert_eq!(bench.invoke(json!({})).value, "src/index.js");
    bench.stop();
}

#[test]
fn the_context_is_lambdas() {
    let bench = Bench::new();
    bench.put(&Function::node(
        "index.js",
        "exports.handler = async (event, c) => ({ id: c.awsRequestId, name: c.functionName, version: c.functionVersion,\n\
         memory: c.memoryLimitInMB, arn: c.invokedFunctionArn, group: c.logGroupName, stream: c.logStreamName,\n\
         remaining: c.getRemainingTimeInMillis(), wait: c.callbackWaitsForEmptyEventLoop,\n\
         trace: process.env._X_AMZN_TRACE_ID, env: process.env.AWS_EXECUTION_ENV, cwd: process.cwd() })",
    ));
    let answer = bench.invoke(json!({}));
    assert_eq!(answer.value["id"].as_str().unwrap().len(), 36);
    assert_eq!(answer.value["name"], "f");
    assert_eq!(answer.value["version"], "$LATEST");
    assert_eq!(answer.value["memory"], "128");
    assert_eq!(answer.value["arn"], "arn:aws:lambda:us-west-2:000000000000:function:f");
    assert_eq!(answer.value["group"], "/aws/lambda/f");
    assert!(answer.value["stream"].as_str().unwrap().starts_with("2026/11/23/[$LATEST]"));
    let remaining = answer.value["remaining"].as_i64().unwrap();
    assert!((1_000..=3_000).contains(&remaining), "{remaining}");
    assert_eq!(answer.value["wait"], true);
    assert!(answer.value["trace"].as_str().unwrap().starts_with("Root=1-6b03"), "{}", answer.value["trace"]);
    assert_eq!(answer.value["env"], "AWS_Lambda_nodejs20.x");
    bench.stop();
}

#[test]
fn errors_have_lambdas_types_and_the_next_invocation_works() {
    let bench = Bench::new();
    let check = |file: &str, code: &str, error_type: &str, message: &str| {
        bench.put(&Function::node(file, code));
        let answer = bench.invoke(json!({"fail": true}));
        assert!(answer.is_error, "{code}");
        assert_eq!(answer.value["errorType"], error_type, "{}", answer.value);
        let given = answer.value["errorMessage"].as_str().unwrap();
        assert!(given.starts_with(message), "{given}");
        assert!(answer.value["trace"].is_array());
    };
    check("index.js", "exports.handler = async () => { throw new TypeError('bad') }", "TypeError", "bad");
    check("index.js", "exports.handler = () => { throw new RangeError('sync') }", "RangeError", "sync");
    check("index.js", "exports.handler = (e, c, callback) => callback('a text')", "string", "a text");
    check(
        "index.js",
        "exports.handler = async () => {",
        "Runtime.UserCodeSyntaxError",
        "SyntaxError: Unexpected",
    );
    check(
        "index.mjs",
        "export const other = 1",
        "Runtime.HandlerNotFound",
        "index.handler is undefined or not",
    );
    check("index.js", "exports.handler = 1", "Runtime.HandlerNotFound", "index.handler is not a function");
    check("other.js", "", "Runtime.ImportModuleError", "Error: Cannot find module 'index'\nRequire stack:");
    check(
        "index.js",
        "require('nowhere')",
        "Runtime.ImportModuleError",
        "Error: Cannot find module 'nowhere'",
    );
    check("index.js", "throw new Error('at the start')", "Error", "at the start");
    check(
        "index.js",
        "exports.handler = async () => { const a = {}; a.a = a; return a }",
        "Runtime.MarshalError",
        "Unable to stringify response body as json: Converting circular structure to JSON",
    );
    check(
        "index.js",
        "exports.handler = async () => new Promise(() => {})",
        "Runtime.NodeJsExit",
        "The Lambda",
    );
    let rejecting = "exports.handler = async (event) => { if (!event.fail) return 'well';\n\
                     Promise.reject(new Error('left alone')); await new Promise((r) => setTimeout(r, 500)) }";
    check("index.js", rejecting, "Runtime.UnhandledPromiseRejection", "Error: left alone");
    assert_eq!(bench.invoke(json!({})).value, "well");
    let throwing = "exports.handler = async (event) => { if (!event.fail) return 'well';\n\
                    setTimeout(() => { throw new Error('later') }, 5); await new Promise((r) => setTimeout(r, 500)) }";
    check("index.js", throwing, "Error", "later");
    assert_eq!(bench.invoke(json!({})).value, "well");
    bench.stop();
}

#[test]
fn console_lines_carry_time_request_and_level() {
    let bench = Bench::new();
    bench.put(&Function::node(
        "index.js",
        "exports.handler = async (event, c) => { console.log('two\\nlines', { a: 1 }); console.warn('w'); return c.awsRequestId }",
    ));
    let id = bench.invoke(json!({})).value.as_str().unwrap().to_owned();
    let lines = bench.lines();
    assert_eq!(lines[0], format!("START RequestId: {id} Version: $LATEST"));
    let (time, rest) = lines[1].split_once('\t').unwrap();
    assert!(time.ends_with('Z') && time.len() == 24, "{time}");
    assert_eq!(rest, format!("{id}\tINFO\ttwo\nlines {{ a: 1 }}"));
    assert!(lines[2].ends_with(&format!("\t{id}\tWARN\tw")), "{}", lines[2]);
    bench.stop();
}
