//! The files that build a client for Java.

use super::settings::{BuildSystem, JavaSettings};
use crate::literal::{groovy, xml};

pub(super) fn files(settings: &JavaSettings) -> Vec<(&'static str, String)> {
    let readme = include_str!("README.md")
        .replace("PACKAGE", settings.package())
        .replace("SERVICE", settings.service());
    let mut files = vec![("README.md", readme)];
    match settings.build_system() {
        BuildSystem::Maven => files.push(("pom.xml", pom(settings))),
        BuildSystem::Gradle => {
            files.push(("build.gradle", build(settings)));
            let name = groovy(settings.artifact_id());
            files.push(("settings.gradle", format!("rootProject.name = {name}\n")));
        }
    }
    files
}

fn pom(settings: &JavaSettings) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0"
         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
         xsi:schemaLocation="http://maven.apache.org/POM/4.0.0 http://maven.apache.org/xsd/maven-4.0.0.xsd">
  <modelVersion>4.0.0</modelVersion>
  <groupId>{}</groupId>
  <artifactId>{}</artifactId>
  <version>{}</version>
  <packaging>jar</packaging>
  <name>{}</name>
  <properties>
    <maven.compiler.release>11</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
</project>
"#,
        xml(settings.group_id()),
        xml(settings.artifact_id()),
        xml(settings.artifact_version()),
        xml(settings.service()),
    )
}

fn build(settings: &JavaSettings) -> String {
    format!(
        "plugins {{\n    id 'java-library'\n}}\n\ngroup = {}\nversion = {}\n\n\
         tasks.withType(JavaCompile).configureEach {{\n    options.release = 11\n    options.encoding = 'UTF-8'\n}}\n",
        groovy(settings.group_id()),
        groovy(settings.artifact_version()),
    )
}
