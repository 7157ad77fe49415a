//! The subtypes of AWS_PROXY, one row each (API Gateway developer guide, "Integration subtype
//! reference").

/// A subtype as the reference has it.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) service: &'static str,
    pub(super) action: &'static str,
    pub(super) protocol: Protocol,
    pub(super) parameters: &'static [Parameter],
}

/// A parameter: its name, the service's name for it, whether it has to be there, and its kind.
pub(super) type Parameter = (&'static str, &'static str, Needed, Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Needed {
    Yes,
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    /// A moment: seconds since 1970, or ISO 8601.
    Time,
    /// Texts, as a JSON list.
    List,
    /// An object of objects, as JSON.
    Attributes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// A JSON object.
    Json,
    /// The same as the one entry of a list.
    Entry,
    /// A form.
    Query,
    /// A path with places for the parameters that are needed, and a query for the others.
    Path(&'static str),
}

use Kind::{Attributes, List, Number, Text, Time};
use Needed::{No, Yes};

pub(super) static ROWS: [Row; 10] = [
    Row {
        name: "EventBridge-PutEvents",
        service: "events",
        action: "PutEvents",
        protocol: Protocol::Entry,
        parameters: &[
            ("Detail", "Detail", Yes, Text),
            ("DetailType", "DetailType", Yes, Text),
            ("Source", "Source", Yes, Text),
            ("Time", "Time", No, Time),
            ("EventBusName", "EventBusName", No, Text),
            ("Resources", "Resources", No, List),
        ],
    },
    Row {
        name: "SQS-SendMessage",
        service: "sqs",
        action: "SendMessage",
        protocol: Protocol::Query,
        parameters: &[
            ("QueueUrl", "QueueUrl", Yes, Text),
            ("MessageBody", "MessageBody", Yes, Text),
            ("DelaySeconds", "DelaySeconds", No, Number),
            ("MessageAttributes", "MessageAttribute", No, Attributes),
            ("MessageDeduplicationId", "MessageDeduplicationId", No, Text),
            ("MessageGroupId", "MessageGroupId", No, Text),
            ("MessageSystemAttributes", "MessageSystemAttribute", No, Attributes),
        ],
    },
    Row {
        name: "SQS-ReceiveMessage",
        service: "sqs",
        action: "ReceiveMessage",
        protocol: Protocol::Query,
        parameters: &[
            ("QueueUrl", "QueueUrl", Yes, Text),
            ("AttributeName", "AttributeName", No, List),
            ("AttributeNames", "AttributeName", No, List),
            ("MaxNumberOfMessages", "MaxNumberOfMessages", No, Number),
            ("MessageAttributeNames", "MessageAttributeName", No, List),
            ("ReceiveRequestAttemptId", "ReceiveRequestAttemptId", No, Text),
            ("VisibilityTimeout", "VisibilityTimeout", No, Number),
            ("WaitTimeSeconds", "WaitTimeSeconds", No, Number),
        ],
    },
    Row {
        name: "SQS-DeleteMessage",
        service: "sqs",
        action: "DeleteMessage",
        protocol: Protocol::Query,
        parameters: &[("ReceiptHandle", "ReceiptHandle", Yes, Text), ("QueueUrl", "QueueUrl", Yes, Text)],
    },
    Row {
        name: "SQS-PurgeQueue",
        service: "sqs",
        action: "PurgeQueue",
        protocol: Protocol::Query,
        parameters: &[("QueueUrl", "QueueUrl", Yes, Text)],
    },
    Row {
        name: "AppConfig-GetConfiguration",
        service: "appconfig",
        action: "GetConfiguration",
        protocol: Protocol::Path(
            "applications/{Application}/environments/{Environment}/configurations/{Configuration}",
        ),
        parameters: &[
            ("Application", "Application", Yes, Text),
            ("Environment", "Environment", Yes, Text),
            ("Configuration", "Configuration", Yes, Text),
            ("ClientId", "client_id", Yes, Text),
            ("ClientConfigurationVersion", "client_configuration_version", No, Text),
        ],
    },
    Row {
        name: "Kinesis-PutRecord",
        service: "kinesis",
        action: "PutRecord",
        protocol: Protocol::Json,
        parameters: &[
            ("StreamName", "StreamName", Yes, Text),
            ("Data", "Data", Yes, Text),
            ("PartitionKey", "PartitionKey", Yes, Text),
            ("SequenceNumberForOrdering", "SequenceNumberForOrdering", No, Text),
            ("ExplicitHashKey", "ExplicitHashKey", No, Text),
        ],
    },
    Row {
        name: "StepFunctions-StartExecution",
        service: "states",
        action: "StartExecution",
        protocol: Protocol::Json,
        parameters: &[
            ("StateMachineArn", "stateMachineArn", Yes, Text),
            ("Name", "name", No, Text),
            ("Input", "input", No, Text),
        ],
    },
    Row {
        name: "StepFunctions-StartSyncExecution",
        service: "states",
        action: "StartSyncExecution",
        protocol: Protocol::Json,
        parameters: &[
            ("StateMachineArn", "stateMachineArn", Yes, Text),
            ("Name", "name", No, Text),
            ("Input", "input", No, Text),
            ("TraceHeader", "traceHeader", No, Text),
        ],
    },
    Row {
        name: "StepFunctions-StopExecution",
        service: "states",
        action: "StopExecution",
        protocol: Protocol::Json,
        parameters: &[
            ("ExecutionArn", "executionArn", Yes, Text),
            ("Cause", "cause", No, Text),
            ("Error", "error", No, Text),
        ],
    },
];
