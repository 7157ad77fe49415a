//! The interface of a client for Java, what implements it, and the requests and results of its
//! methods.

use std::fmt::Write as _;

use super::model::{Property, accessors};
use super::types::{Models, Type};
use super::{Class, identifier};
use crate::Api;
use crate::literal::java as literal;
use crate::names::{Distinct, camel};
use crate::operation::{self, Operation};

/// A method of the client.
struct Method<'a> {
    operation: &'a Operation<'a>,
    /// `getRoot`.
    name: String,
    request: String,
    result: String,
    /// Path, query and header parameters, in this order.
    parameters: Vec<Property>,
    body: Option<Property>,
    answer: Type,
}

pub(super) fn classes(api: &Api<'_>, service: &str, models: &mut Models, names: &mut Distinct) -> Vec<Class> {
    let operations = operation::all(api.definition);
    // Names of `Object` that a method without a body of its own must not have.
    let mut methods = Distinct::reserving(&["builder", "execute", "clone", "finalize", "notify", "wait"]);
    let methods: Vec<Method<'_>> =
        operations.iter().map(|operation| method(operation, &mut methods, models, names)).collect();
    let mut classes = Vec::new();
    for method in &methods {
        classes.push(Class { package: "model", name: method.request.clone(), text: request(method) });
        classes.push(Class { package: "model", name: method.result.clone(), text: result(method) });
    }
    classes.push(Class { package: "", name: service.into(), text: interface(service, &methods) });
    let name = format!("{service}Client");
    classes.push(Class { package: "", name, text: implementation(service, &methods) });
    let name = format!("{service}Builder");
    classes.push(Class { package: "", name, text: builder(service, api) });
    classes
}

fn method<'a>(
    operation: &'a Operation<'a>,
    methods: &mut Distinct,
    models: &mut Models,
    names: &mut Distinct,
) -> Method<'a> {
    let name = methods.give(&operation.verb_name());
    let all = operation.path_parameters.iter().chain(&operation.query_parameters);
    let mut fields = Distinct::default();
    let parameters = all.chain(&operation.header_parameters).map(|parameter| Property {
        json: parameter.name.to_owned(),
        field: fields.give(&identifier(&camel(parameter.name))),
        of: Type::Text,
    });
    let parameters = parameters.collect();
    let body = match operation.body() {
        Some((_, model)) => Some(models.model(model, names)),
        None => operation.may_have_body().then_some(Type::Any),
    };
    let body = body.map(|of| Property { json: String::new(), field: fields.give("body"), of });
    Method {
        operation,
        request: names.give(&format!("{name}Request")),
        result: names.give(&format!("{name}Result")),
        parameters,
        body,
        answer: operation.answer().map_or(Type::Any, |model| models.model(model, names)),
        name: identifier(&camel(&name)),
    }
}

/// The names of a request's and result's imports.
const IMPORTS: &str = "\nimport java.util.List;\nimport java.util.Map;\n";

fn request(method: &Method<'_>) -> String {
    let properties: Vec<&Property> = method.parameters.iter().chain(&method.body).collect();
    let owned: Vec<Property> = properties
        .into_iter()
        .map(|of| Property { json: of.json.clone(), field: of.field.clone(), of: of.of.clone() })
        .collect();
    let mut text = format!("{IMPORTS}\npublic final class {} {{\n", method.request);
    accessors(&method.request, &owned, &mut text);
    text.push_str("}\n");
    text
}

fn result(method: &Method<'_>) -> String {
    let (name, answer) = (&method.result, method.answer.name());
    let read = method.answer.read("getJson()", 0);
    let mut text = format!("{IMPORTS}import RUNTIME.Answer;\nimport RUNTIME.Json;\n\n");
    let _ = writeln!(text, "public final class {name} extends Answer {{");
    let _ = writeln!(text, "    public {name}(Answer answer) {{\n        super(answer);\n    }}");
    let _ = writeln!(text, "\n    /** The body; null if it is something else. */");
    let _ = writeln!(text, "    public {answer} getBody() {{\n        return {read};\n    }}\n}}");
    text
}

/// The import of requests and results; a package without classes cannot be imported.
fn models(methods: &[Method<'_>]) -> String {
    if methods.is_empty() { "\n".into() } else { "\nimport MODEL.*;\n".into() }
}

fn interface(service: &str, methods: &[Method<'_>]) -> String {
    let mut text = models(methods);
    text.push_str("import RUNTIME.Answer;\nimport RUNTIME.Call;\n");
    let _ = writeln!(text, "\npublic interface {service} {{");
    let _ = writeln!(text, "    static {service}Builder builder() {{");
    let _ = writeln!(text, "        return new {service}Builder();\n    }}");
    for Method { name, request, result, .. } in methods {
        let _ = writeln!(text, "\n    {result} {name}({request} request);");
    }
    let _ = writeln!(text, "\n    /** Sends what the API does not describe. */");
    let _ = writeln!(text, "    Answer execute(Call call);\n}}");
    text
}

fn implementation(service: &str, methods: &[Method<'_>]) -> String {
    let mut text = models(methods);
    text.push_str("import RUNTIME.Answer;\nimport RUNTIME.Call;\nimport RUNTIME.Transport;\n");
    let _ = writeln!(text, "\nfinal class {service}Client implements {service} {{");
    let _ = writeln!(text, "    private final Transport transport;");
    let _ = writeln!(text, "\n    {service}Client(Transport transport) {{");
    let _ = writeln!(text, "        this.transport = transport;\n    }}");
    for method in methods {
        let Method { operation, name, request, result, .. } = method;
        let _ = writeln!(text, "\n    @Override\n    public {result} {name}({request} request) {{");
        let (verb, path) = (literal(operation.verb), literal(operation.path));
        let _ = writeln!(text, "        Call call = new Call({verb}, {path});");
        let kinds = [
            ("path", &operation.path_parameters),
            ("query", &operation.query_parameters),
            ("header", &operation.header_parameters),
        ];
        let all = kinds.iter().flat_map(|(kind, of)| of.iter().map(move |parameter| (kind, parameter)));
        for ((kind, parameter), Property { json, field, .. }) in all.zip(&method.parameters) {
            let get = format!("request.get{}()", crate::names::capital(field));
            let required = if *kind == "path" {
                ""
            } else if parameter.required {
                ", true"
            } else {
                ", false"
            };
            let _ = writeln!(text, "        call.{kind}({}, {get}{required});", literal(json));
        }
        if let Some(Property { field, .. }) = &method.body {
            let content_type = operation.body().map_or("application/json", |(content_type, _)| content_type);
            let get = format!("request.get{}()", crate::names::capital(field));
            let _ = writeln!(text, "        call.body({}, {get});", literal(content_type));
        }
        let _ = writeln!(text, "        return new {result}(transport.send(call));\n    }}");
    }
    let _ = writeln!(text, "\n    @Override\n    public Answer execute(Call call) {{");
    let _ = writeln!(text, "        return transport.send(call);\n    }}\n}}");
    text
}

fn builder(service: &str, api: &Api<'_>) -> String {
    include_str!("Builder.java")
        .replace("SERVICE", service)
        .replace("\"ENDPOINT\"", &literal(api.invoke_url))
        .replace("\"REGION\"", &literal(api.region))
}
