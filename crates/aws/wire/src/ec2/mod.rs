//! ec2Query: awsQuery in EC2's dialect. Requests are routed as awsQuery's are; members of forms begin
//! with a capital and lists have no `member`; answers have no wrapper, and errors a frame of their
//! own.

mod decode;
mod encode;
mod errors;
#[cfg(test)]
mod tests;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(crate) use errors::encode_error;
