//! What a user asks of a client for Java.

use thiserror::Error;

use super::RESERVED;
use super::types::TAKEN;

/// What builds the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuildSystem {
    /// `pom.xml`.
    Maven,
    /// `build.gradle`.
    Gradle,
}

/// What is wrong with what was asked. The texts are not recorded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JavaFault {
    /// It cannot do without.
    #[error("Missing required parameter: {0}")]
    Missing(&'static str),
    /// It is no name of Java.
    #[error("Invalid {name} specified: {value}")]
    Invalid {
        /// Which parameter.
        name: &'static str,
        /// What was given.
        value: String,
    },
}

/// What a user asks, all of it checked: the service is a name of a class, the package one of a
/// package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JavaSettings {
    service: String,
    package: String,
    build_system: BuildSystem,
    group_id: String,
    artifact_id: String,
    artifact_version: String,
    license: Option<String>,
}

/// How long a name may be.
const LONGEST: usize = 128;

impl JavaSettings {
    /// Reads the parameters of `GetSdk`, which `get` finds. AWS's API reference and its console
    /// name them differently; both are taken.
    ///
    /// # Errors
    /// If one that is needed is missing, or is not what it has to be.
    pub fn read<'p>(get: impl Fn(&str) -> Option<&'p str>) -> Result<Self, JavaFault> {
        let find = |names: &[&str]| {
            names.iter().find_map(|name| get(name)).map(str::trim).filter(|value| !value.is_empty())
        };
        let service = find(&["service.name", "serviceName"]).ok_or(JavaFault::Missing("service.name"))?;
        // A class begins with a capital letter.
        let class = crate::names::capital(service);
        if !is_identifier(service) || TAKEN.contains(&class.as_str()) {
            return Err(JavaFault::Invalid { name: "service.name", value: service.to_owned() });
        }
        let package = find(&["java.package-name", "javaPackageName", "javaPackage"])
            .ok_or(JavaFault::Missing("java.package-name"))?;
        let good = package.split('.').all(is_identifier) && package.len() <= LONGEST;
        if !good || package == "java" || package.starts_with("java.") {
            return Err(JavaFault::Invalid { name: "java.package-name", value: package.to_owned() });
        }
        let build_system = match find(&["java.build-system", "javaBuildSystem"]) {
            None | Some("maven") => BuildSystem::Maven,
            Some("gradle") => BuildSystem::Gradle,
            Some(other) => {
                return Err(JavaFault::Invalid { name: "java.build-system", value: other.to_owned() });
            }
        };
        Ok(Self {
            group_id: find(&["java.group-id", "groupId"]).unwrap_or(package).to_owned(),
            artifact_id: find(&["java.artifact-id", "artifactId"]).unwrap_or(&class).to_owned(),
            artifact_version: find(&["java.artifact-version", "artifactVersion"])
                .unwrap_or("1.0-SNAPSHOT")
                .to_owned(),
            license: find(&["java.license-text", "licenseText"]).map(str::to_owned),
            package: package.to_owned(),
            build_system,
            service: class,
        })
    }

    pub(super) fn service(&self) -> &str {
        &self.service
    }

    pub(super) fn package(&self) -> &str {
        &self.package
    }

    pub(super) fn build_system(&self) -> BuildSystem {
        self.build_system
    }

    pub(super) fn group_id(&self) -> &str {
        &self.group_id
    }

    pub(super) fn artifact_id(&self) -> &str {
        &self.artifact_id
    }

    pub(super) fn artifact_version(&self) -> &str {
        &self.artifact_version
    }

    pub(super) fn license(&self) -> Option<&str> {
        self.license.as_deref()
    }
}

fn is_identifier(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == b'_')
        && name.len() <= LONGEST
        && !RESERVED.contains(&name)
}
