//! What is stored: one type a document, each naming its collection and its key. Where AWS's
//! output shape is the whole truth of a thing that shape is what is stored; the document adds
//! only what AWS never shows. The control plane writes them, the gateway and the functions
//! read them.

pub mod acm;
pub mod apigateway;
pub mod apigateway_domain_names;
pub mod apigateway_keys;
pub mod apigateway_usage;
pub mod apigateway_vpc_links;
pub mod apigatewayv2;
pub mod apigatewayv2_portals;
pub mod aws_managed;
pub mod cloudtrail;
pub mod ec2;
pub mod elbv2;
pub mod iam;
pub mod lambda;
pub mod logs;
