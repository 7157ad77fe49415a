//! The types of the generated tables: what the protocols (`wire`) need to know about services,
//! operations, shapes and errors. Everything here is static data and costs nothing at start-up.

use std::fmt;

/// The protocol a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// restJson1: method and path choose the operation, bodies are JSON.
    RestJson,
    /// awsJson1.0 or 1.1: `X-Amz-Target` chooses the operation.
    AwsJson {
        /// `1.0` or `1.1`
        version: &'static str,
    },
    /// awsQuery: a form's `Action` chooses the operation, answers are XML.
    AwsQuery,
    /// ec2Query: as awsQuery, with other names in forms and another frame around answers.
    Ec2Query,
}

/// How a constraint violation names the member that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// Members of the body as `<operation>Input.<path>`, members of the URL by their bare name.
    Input,
    /// Every member by its bare path.
    Plain,
}

/// How a service words constraint violations and protocol errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validation {
    /// The error code of `N validation errors detected: …`.
    pub error: &'static str,
    /// How members are named.
    pub address: Address,
    /// The body's member that carries the text of validation and serialization errors.
    pub message_member: &'static str,
}

/// A service.
pub struct ServiceTable {
    /// The name as SDKs and this program's modules write it: `apigatewayv2`.
    pub name: &'static str,
    /// The SDK id: `ApiGatewayV2`.
    pub sdk_id: &'static str,
    /// The API's version, a date.
    pub api_version: &'static str,
    /// The service's name in a SigV4 credential scope.
    pub signing_name: &'static str,
    /// The first label of the service's host names.
    pub endpoint_prefix: &'static str,
    /// The protocol.
    pub protocol: Protocol,
    /// awsJson: what stands before the dot in `X-Amz-Target`; elsewhere empty.
    pub target_prefix: &'static str,
    /// awsQuery: the namespace of its XML; elsewhere empty.
    pub xml_namespace: &'static str,
    /// The wording of violations.
    pub validation: Validation,
    /// Every generated operation, by name.
    pub operations: &'static [&'static OperationTable],
}

/// An operation.
pub struct OperationTable {
    /// The service it belongs to.
    pub service: &'static ServiceTable,
    /// AWS's name: `CreateStage`.
    pub name: &'static str,
    /// The HTTP method, in capitals.
    pub method: &'static str,
    /// The path template below the host, with `{label}`s, `{greedy+}` labels and query literals:
    /// `/restapis/{restapi_id}/stages`, `/apikeys?mode=import`.
    pub uri: &'static str,
    /// The HTTP status of success.
    pub success: u16,
    /// What goes in; a structure without members if nothing does.
    pub input: &'static Structure,
    /// What comes out; a structure without members if nothing does.
    pub output: &'static Structure,
    /// awsQuery: the element around the output, `<Operation>Result`; elsewhere empty.
    pub result_wrapper: &'static str,
    /// The errors that the model names for it.
    pub errors: &'static [&'static ErrorTable],
}

/// An error of a service.
pub struct ErrorTable {
    /// The shape's name: `NoSuchEntityException`.
    pub name: &'static str,
    /// The code on the wire: `NoSuchEntity`.
    pub code: &'static str,
    /// The HTTP status.
    pub http_status: u16,
    /// Whether the service is to blame, not the caller.
    pub fault: bool,
    /// The member that carries the text, as the wire writes it: `message` or `Message`.
    pub message_member: &'static str,
    /// All members, the message among them.
    pub members: &'static [Member],
}

/// A structure: the members in the model's order.
pub struct Structure {
    /// The shape's name.
    pub name: &'static str,
    /// The member that is the whole body, if one is.
    pub payload: Option<&'static str>,
    /// The members.
    pub members: &'static [Member],
}

/// A member of a structure.
#[derive(Clone, Copy)]
pub struct Member {
    /// The model's name, which is the name in the canonical value.
    pub name: &'static str,
    /// The name on the wire: in the body, the query string, the header or the path template.
    pub wire_name: &'static str,
    /// Where it travels.
    pub location: Location,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it holds a secret, which is shown nowhere but in answers.
    pub sensitive: bool,
    /// What it is.
    pub shape: Shape,
}

/// Where a member travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Location {
    /// In the body.
    Body,
    /// In the path.
    Uri,
    /// In the query string.
    Query,
    /// In a header.
    Header,
    /// In all headers that start with the wire name.
    Headers,
    /// It is the HTTP status.
    StatusCode,
}

/// What a value is. A small copyable handle; the details are static.
#[derive(Clone, Copy)]
pub enum Shape {
    /// A string.
    String(&'static Text),
    /// A boolean.
    Boolean,
    /// A 32-bit integer.
    Integer(Range),
    /// A 64-bit integer.
    Long(Range),
    /// A floating-point number.
    Double(Range),
    /// A moment.
    Timestamp(TimestampFormat),
    /// Bytes.
    Blob(Length),
    /// A list.
    List(&'static List),
    /// A map from strings.
    Map(&'static Map),
    /// A structure.
    Structure(&'static Structure),
    /// Any JSON.
    Document,
}

/// The bounds of a length, inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// The least.
    pub min: Option<u64>,
    /// The most.
    pub max: Option<u64>,
}

impl Length {
    /// No bounds.
    pub const ANY: Self = Self { min: None, max: None };
}

/// The bounds of a number, inclusive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The least.
    pub min: Option<f64>,
    /// The most.
    pub max: Option<f64>,
}

impl Range {
    /// No bounds.
    pub const ANY: Self = Self { min: None, max: None };
}

/// A string's constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// The length in characters.
    pub length: Length,
    /// The pattern, in the words of the model (Java's dialect).
    pub pattern: Option<&'static str>,
    /// What to compile in place of the pattern, where Rust's `regex` cannot compile it.
    pub matches: Option<&'static str>,
    /// The values of an enumeration, in the order of AWS's messages; empty if it is none.
    pub values: &'static [&'static str],
}

impl Text {
    /// No constraints.
    pub const ANY: Self = Self { length: Length::ANY, pattern: None, matches: None, values: &[] };
}

/// How a moment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampFormat {
    /// Seconds since 1970 as a number, with a fraction if there is one.
    EpochSeconds,
    /// `2026-11-23T08:04:43Z`
    Iso8601,
    /// `Mon, 23 Nov 2026 08:04:43 GMT`
    HttpDate,
}

/// A list.
pub struct List {
    /// How many elements.
    pub length: Length,
    /// awsQuery: the element's name in XML and forms; `member` unless the model says otherwise.
    pub element_name: &'static str,
    /// awsQuery: elements stand where the list would.
    pub flattened: bool,
    /// What the elements are.
    pub element: Shape,
}

/// A map from strings.
pub struct Map {
    /// How many entries.
    pub length: Length,
    /// awsQuery: the key's name in an entry.
    pub key_name: &'static str,
    /// awsQuery: the value's name in an entry.
    pub value_name: &'static str,
    /// awsQuery: entries stand where the map would.
    pub flattened: bool,
    /// Values may be null.
    pub sparse: bool,
    /// What the keys are.
    pub key: Shape,
    /// What the values are.
    pub value: Shape,
}

impl Structure {
    /// A structure without members.
    pub const EMPTY: Self = Self { name: "Empty", payload: None, members: &[] };

    /// The member of this (model's) name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&'static Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

impl ServiceTable {
    /// The operation of this name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&'static OperationTable> {
        self.operations.iter().copied().find(|operation| operation.name == name)
    }
}

// Tables refer to each other in circles, so they print as their names.
impl fmt::Debug for ServiceTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceTable({})", self.name)
    }
}

impl fmt::Debug for OperationTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperationTable({}:{})", self.service.name, self.name)
    }
}

impl fmt::Debug for ErrorTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorTable({})", self.code)
    }
}

impl fmt::Debug for Structure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Structure({})", self.name)
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Member({} in {:?})", self.name, self.location)
    }
}

// The shorthands in which the generated tables are written.
#[allow(dead_code, reason = "which of them the tables need is up to the models")]
pub(crate) mod shorthand {
    use super::{Length, List, Location, Map, Member, Range, Shape, Structure, Text, TimestampFormat};

    pub(crate) const STRING: Shape = Shape::String(&Text::ANY);
    pub(crate) const BOOLEAN: Shape = Shape::Boolean;
    pub(crate) const INTEGER: Shape = Shape::Integer(Range::ANY);
    pub(crate) const LONG: Shape = Shape::Long(Range::ANY);
    pub(crate) const DOUBLE: Shape = Shape::Double(Range::ANY);
    pub(crate) const BLOB: Shape = Shape::Blob(Length::ANY);
    pub(crate) const DOCUMENT: Shape = Shape::Document;
    pub(crate) const EPOCH_SECONDS: Shape = Shape::Timestamp(TimestampFormat::EpochSeconds);
    pub(crate) const ISO8601: Shape = Shape::Timestamp(TimestampFormat::Iso8601);
    pub(crate) const HTTP_DATE: Shape = Shape::Timestamp(TimestampFormat::HttpDate);

    pub(crate) const fn text(text: &'static Text) -> Shape {
        Shape::String(text)
    }
    pub(crate) const fn list(list: &'static List) -> Shape {
        Shape::List(list)
    }
    pub(crate) const fn map(map: &'static Map) -> Shape {
        Shape::Map(map)
    }
    pub(crate) const fn structure(structure: &'static Structure) -> Shape {
        Shape::Structure(structure)
    }

    pub(crate) const fn length(min: Option<u64>, max: Option<u64>) -> Length {
        Length { min, max }
    }
    pub(crate) const fn blob(length: Length) -> Shape {
        Shape::Blob(length)
    }
    pub(crate) const fn integer(min: Option<f64>, max: Option<f64>) -> Shape {
        Shape::Integer(Range { min, max })
    }
    pub(crate) const fn long(min: Option<f64>, max: Option<f64>) -> Shape {
        Shape::Long(Range { min, max })
    }
    pub(crate) const fn double(min: Option<f64>, max: Option<f64>) -> Shape {
        Shape::Double(Range { min, max })
    }

    const fn member(name: &'static str, wire_name: &'static str, location: Location, shape: Shape) -> Member {
        Member { name, wire_name, location, required: false, sensitive: false, shape }
    }
    pub(crate) const fn body(name: &'static str, wire_name: &'static str, shape: Shape) -> Member {
        member(name, wire_name, Location::Body, shape)
    }
    pub(crate) const fn uri(name: &'static str, wire_name: &'static str, shape: Shape) -> Member {
        member(name, wire_name, Location::Uri, shape)
    }
    pub(crate) const fn query(name: &'static str, wire_name: &'static str, shape: Shape) -> Member {
        member(name, wire_name, Location::Query, shape)
    }
    pub(crate) const fn header(name: &'static str, wire_name: &'static str, shape: Shape) -> Member {
        member(name, wire_name, Location::Header, shape)
    }
    pub(crate) const fn headers(name: &'static str, wire_name: &'static str, shape: Shape) -> Member {
        member(name, wire_name, Location::Headers, shape)
    }
    pub(crate) const fn status_code(name: &'static str, wire_name: &'static str, shape: Shape) -> Member {
        member(name, wire_name, Location::StatusCode, shape)
    }

    impl Member {
        pub(crate) const fn required(mut self) -> Self {
            self.required = true;
            self
        }
        pub(crate) const fn sensitive(mut self) -> Self {
            self.sensitive = true;
            self
        }
    }
}
