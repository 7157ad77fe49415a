//! The configuration: what an operator wrote, on the command line, in the environment and in
//! the file (`written`), and what it means, checked (`settings`).

mod settings;
mod written;

pub(crate) use settings::{Access, CertificateFiles, Log, LogFormat, Place, Settings};
pub(crate) use written::ConfigFault;
