//! The client for Java 11, on `java.net.http` and without dependencies: an interface named for
//! the service, a method and two classes for each operation, a class for each model that is an
//! object. What may be set has the names that AWS's console shows (API Gateway developer guide,
//! "Generate the Java SDK of an API in API Gateway").

mod client;
mod model;
mod project;
mod settings;
mod types;

use crate::archive::{Files, pack};
use crate::literal::java_comment;
use crate::names::Distinct;
use crate::{Api, SdkFault};

pub use settings::{BuildSystem, JavaFault, JavaSettings};

use types::Models;

/// The folder that everything is in.
const TOP: &str = "generated-code";

/// The package of what all clients have in common; generated code says `runtime`.
const RUNTIME: [(&str, &str); 8] = [
    ("Answer", include_str!("runtime/Answer.java")),
    ("ApiException", include_str!("runtime/ApiException.java")),
    ("Call", include_str!("runtime/Call.java")),
    ("Credentials", include_str!("runtime/Credentials.java")),
    ("Json", include_str!("runtime/Json.java")),
    ("JsonObject", include_str!("runtime/JsonObject.java")),
    ("SigV4", include_str!("runtime/SigV4.java")),
    ("Transport", include_str!("runtime/Transport.java")),
];

/// Words that cannot be names, and names that generated methods have already.
const RESERVED: [&str; 57] = [
    "abstract",
    "assert",
    "boolean",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "class",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extends",
    "final",
    "finally",
    "float",
    "for",
    "goto",
    "if",
    "implements",
    "import",
    "instanceof",
    "int",
    "interface",
    "long",
    "native",
    "new",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "short",
    "static",
    "strictfp",
    "super",
    "switch",
    "synchronized",
    "this",
    "throw",
    "throws",
    "transient",
    "try",
    "void",
    "volatile",
    "while",
    "true",
    "false",
    "null",
    "_",
    "toJson",
    "fromJson",
    "equals",
];

/// A file: which class it is of, in which package below the client's, and its text after the
/// package.
struct Class {
    package: &'static str,
    name: String,
    text: String,
}

/// The archive.
///
/// # Errors
/// If it cannot be written.
pub fn java(api: &Api<'_>, settings: &JavaSettings) -> Result<Vec<u8>, SdkFault> {
    let service = settings.service();
    let own = [service.to_owned(), format!("{service}Client"), format!("{service}Builder")];
    let mut names = Distinct::reserving(&types::TAKEN);
    own.iter().for_each(|name| {
        names.take(name);
    });
    let mut models = Models::of(api.definition, &mut names);
    let mut classes = client::classes(api, settings.service(), &mut models, &mut names);
    classes.extend(models.classes(&mut names));

    let license = settings.license().map(java_comment).unwrap_or_default();
    let folder = settings.package().replace('.', "/");
    let mut files = Files::new();
    files.extend(project::files(settings).into_iter().map(|(name, text)| (format!("{TOP}/{name}"), text)));
    let mut add = |package: &str, name: &str, text: &str| {
        let (dotted, below) = match package {
            "" => (String::new(), String::new()),
            package => (format!(".{package}"), format!("{package}/")),
        };
        let path = format!("{TOP}/src/main/java/{folder}/{below}{name}.java");
        let text = imported(text, settings.package());
        files.push((path, format!("{license}package {}{dotted};\n{text}", settings.package())));
    };
    for class in &classes {
        add(class.package, &class.name, &class.text);
    }
    for (name, text) in RUNTIME {
        if let Some(text) = text.strip_prefix("package runtime;\n") {
            add("runtime", name, text);
        }
    }
    pack(&files)
}

/// `text` with the imports of generated packages as they are called here. Nothing but an import
/// begins a line with that word.
fn imported(text: &str, package: &str) -> String {
    let mut written = String::new();
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("import RUNTIME.") {
            Some(class) => written.extend(["import ", package, ".runtime.", class]),
            None => match line.strip_prefix("import MODEL.") {
                Some(class) => written.extend(["import ", package, ".model.", class]),
                None => written.push_str(line),
            },
        }
    }
    written
}

/// A name that Java takes as one.
fn identifier(name: &str) -> String {
    if name.is_empty() {
        return "value".to_owned();
    }
    if RESERVED.contains(&name) { format!("{name}_") } else { name.to_owned() }
}
