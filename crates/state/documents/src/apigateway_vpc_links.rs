//! Documents of VPC links: the ways to backends that no public address reaches.

use api::apigateway::VpcLink;
use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::Document;

/// A VPC link of REST APIs. Key: its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VpcLinkDocument {
    /// As `GetVpcLink` answers.
    pub vpc_link: VpcLink,
    /// When it was made, which AWS never shows: its place in lists.
    pub created: Timestamp,
}

impl Document for VpcLinkDocument {
    const COLLECTION: &'static str = "apigateway/vpclinks";
}
