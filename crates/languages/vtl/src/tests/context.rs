//! `$context`, `$stageVariables` and overrides. Recorded from AWS unless said otherwise.

use super::{Request, prints, rendered};
use crate::{Overrides, Template};

#[test]
fn variables_are_looked_up() {
    prints(
        "",
        &[
            ("$context.stage ${context.identity.sourceIp} $context['stage']", "prod 127.0.0.1 prod"),
            ("[$context.identity.caller][$context.nonsense][$context.nonsense.more]", "[][][]"),
            ("#set($c = $context.identity)$c.sourceIp", "127.0.0.1"),
            // Not recorded: that it is a number.
            ("#set($s = $context.requestTimeEpoch / 1000)$s", "1721241291"),
            ("$stageVariables.color $stageVariables['color'] ${stageVariables['color']}", "blue blue blue"),
            ("[$stageVariables.none]$stageVariables", "[]{color=blue}"),
            ("#foreach($k in $stageVariables.keySet())$k=$stageVariables.get($k)#end", "color=blue"),
        ],
    );
}

#[test]
fn the_context_as_a_whole_has_the_overrides_too() {
    prints(
        "",
        &[(
            "$context",
            "{apiId=abc123, httpMethod=POST, identity={caller=null, sourceIp=127.0.0.1}, \
             requestTimeEpoch=1721241291500, stage=prod, requestOverride=, responseOverride=}",
        )],
    );
}

fn overridden(templates: &[&str]) -> (String, Overrides) {
    let (mut out, mut overrides) = (String::new(), Overrides::default());
    for template in templates {
        out.clear();
        let template = Template::compile(template).unwrap();
        template.render(&Request { body: "" }, &mut overrides, 1_000, &mut out).unwrap();
    }
    (out, overrides)
}

#[test]
fn overrides_are_set_in_every_notation() {
    for template in [
        "#set($context.requestOverride.header.X-A = 'v')",
        "#set($context.requestOverride.header['X-A'] = 'v')",
        "#set($context[\"requestOverride\"].header.X-A = 'v')",
        "#set($n = 'X-A')#set($context.requestOverride.header[$n] = \"v\")",
        "$context.requestOverride.header.put('X-A', 'v')",
        "#set($context['requestOverride']['header']['X-A'] = 'v')",
        "#set($context.requestOverride.header = {'X-A': 'v'})",
    ] {
        let (_, overrides) = overridden(&[template]);
        let headers: Vec<_> = overrides.request_headers().collect();
        assert_eq!(headers, [("X-A", "v".to_owned())], "{template}");
        assert!(!overrides.is_empty());
    }
    let (_, overrides) = overridden(&[
        "#set($context.requestOverride.path.id = 7)#set($context.requestOverride.querystring.q = [1])",
    ]);
    assert_eq!(overrides.request_path().collect::<Vec<_>>(), [("id", "7".to_owned())]);
    assert_eq!(overrides.request_query().collect::<Vec<_>>(), [("q", "[1]".to_owned())]);
}

#[test]
fn responses_are_overridden_by_either_template() {
    let (out, overrides) = overridden(&[
        "#set($context.responseOverride.status = 404)#set($context.responseOverride.extra = 'e')",
        "$context.responseOverride.status $context.responseOverride.extra\
         #set($context.responseOverride.header.X = 'h')",
    ]);
    assert_eq!(out, "404 e");
    assert_eq!(overrides.response_status().as_deref(), Some("404"));
    assert_eq!(overrides.response_headers().collect::<Vec<_>>(), [("X", "h".to_owned())]);
}

#[test]
fn overrides_can_be_read_back_and_are_nothing_before() {
    prints(
        "",
        &[
            ("[$context.requestOverride][$context.requestOverride.header.x]", "[][]"),
            ("#set($context.requestOverride.header.x = 1)$context.requestOverride", "{header={x=1}}"),
        ],
    );
    let (_, untouched) = overridden(&["$context.requestOverride $context.responseOverride.status"]);
    assert!(untouched.is_empty());
}

/// API Gateway developer guide, "Override your API's request and response parameters":
/// "overriding the same parameter multiple times will result in 5XX".
#[test]
fn an_override_is_final() {
    let error = rendered(
        "#set($context.responseOverride.status = 400)#set($context.responseOverride.status = 401)",
        "",
    );
    assert_eq!(error.unwrap_err().to_string(), "$context.status is overridden more than once");
    prints("", &[("#set($context.foo = 1)#set($context.foo = 2)$context.foo", "2")]);
}
