//! The refusals of EC2. Its models name no errors, so they are named here.

use api::ErrorTable;
use wire::ServiceError;

use crate::Failure;

const fn error(code: &'static str) -> ErrorTable {
    ErrorTable { name: code, code, http_status: 400, fault: false, message_member: "Message", members: &[] }
}

static DEPENDENCY_VIOLATION: ErrorTable = error("DependencyViolation");
static DUPLICATE_GROUP: ErrorTable = error("InvalidGroup.Duplicate");
static DUPLICATE_PERMISSION: ErrorTable = error("InvalidPermission.Duplicate");
static CANNOT_DELETE: ErrorTable = error("CannotDelete");
static INVALID_ID: ErrorTable = error("InvalidID");
static INVALID_PARAMETER: ErrorTable = error("InvalidParameterValue");
static MISSING_PARAMETER: ErrorTable = error("MissingParameter");
static SUBNET_CONFLICT: ErrorTable = error("InvalidSubnet.Conflict");
static SUBNET_RANGE: ErrorTable = error("InvalidSubnet.Range");
static UNKNOWN_GROUP: ErrorTable = error("InvalidGroup.NotFound");
static UNKNOWN_PERMISSION: ErrorTable = error("InvalidPermission.NotFound");
static UNKNOWN_SUBNET: ErrorTable = error("InvalidSubnetID.NotFound");
static UNKNOWN_VPC: ErrorTable = error("InvalidVpcID.NotFound");
static UNSUPPORTED: ErrorTable = error("UnsupportedOperation");
static VPC_RANGE: ErrorTable = error("InvalidVpc.Range");

fn refusal(table: &'static ErrorTable, text: impl Into<String>) -> Failure {
    ServiceError::new(table, text).into()
}

pub(super) fn unknown_vpc(id: &str) -> Failure {
    refusal(&UNKNOWN_VPC, format!("The vpc ID '{id}' does not exist"))
}

pub(super) fn unknown_subnet(id: &str) -> Failure {
    refusal(&UNKNOWN_SUBNET, format!("The subnet ID '{id}' does not exist"))
}

pub(super) fn unknown_group(id: &str) -> Failure {
    refusal(&UNKNOWN_GROUP, format!("The security group '{id}' does not exist"))
}

pub(super) fn unknown_id(id: &str) -> Failure {
    refusal(&INVALID_ID, format!("The ID '{id}' is not valid"))
}

/// Something else still uses it.
pub(super) fn in_use(what: &str, id: &str) -> Failure {
    refusal(&DEPENDENCY_VIOLATION, format!("The {what} '{id}' has dependencies and cannot be deleted."))
}

pub(super) fn group_in_use(id: &str) -> Failure {
    refusal(&DEPENDENCY_VIOLATION, format!("resource {id} has a dependent object"))
}

pub(super) fn default_group() -> Failure {
    refusal(&CANNOT_DELETE, "the specified group: \"default\" cannot be deleted by a user")
}

pub(super) fn duplicate_group(name: &str, vpc: &str) -> Failure {
    refusal(&DUPLICATE_GROUP, format!("The security group '{name}' already exists for VPC '{vpc}'"))
}

pub(super) fn duplicate_permission() -> Failure {
    refusal(&DUPLICATE_PERMISSION, "the specified rule already exists")
}

pub(super) fn unknown_permission() -> Failure {
    refusal(&UNKNOWN_PERMISSION, "The specified rule does not exist in this security group.")
}

pub(super) fn invalid_parameter(text: impl Into<String>) -> Failure {
    refusal(&INVALID_PARAMETER, text)
}

pub(super) fn missing_parameter(name: &str) -> Failure {
    refusal(&MISSING_PARAMETER, format!("The request must contain the parameter {name}"))
}

/// What is not built here is refused and not ignored.
pub(super) fn unbuilt(what: &str) -> Failure {
    refusal(&UNSUPPORTED, format!("{what} is not built yet."))
}

pub(super) fn subnet_conflict(cidr: &str) -> Failure {
    refusal(&SUBNET_CONFLICT, format!("The CIDR '{cidr}' conflicts with another subnet"))
}

pub(super) fn subnet_range(cidr: &str) -> Failure {
    refusal(&SUBNET_RANGE, format!("The CIDR '{cidr}' is invalid."))
}

pub(super) fn vpc_range(cidr: &str) -> Failure {
    refusal(&VPC_RANGE, format!("The CIDR '{cidr}' is invalid."))
}
