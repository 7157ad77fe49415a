//! `cargo xtask codegen`: from the service models of a pinned botocore to the committed sources of
//! `crates/aws/api`. The order of work: configuration → models → errata and selection → texts →
//! rustfmt → files (or a comparison with them).

mod botocore;
mod config;
mod emit;
mod model;
mod names;
mod output;

use std::path::{Path, PathBuf};

use config::Config;
use model::Model;

/// Why no code was generated, or which files differ.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CodegenError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("codegen.toml cannot be understood: {0}")]
    Config(#[from] toml::de::Error),
    #[error("{program} could not be run: {source}")]
    Start { program: String, source: std::io::Error },
    #[error("{program} failed ({status}): {message}")]
    Program { program: String, status: std::process::ExitStatus, message: String },
    #[error("the models of botocore cannot be understood: {0}")]
    Model(#[from] serde_json::Error),
    #[error("botocore has no service {0}")]
    NoSuchService(String),
    #[error("the model of {service} has no operation {operation}")]
    NoSuchOperation { service: String, operation: String },
    #[error("the model of {service} surprises: {what}")]
    Surprise { service: String, what: String },
    #[error("the erratum for {target} in codegen.toml no longer applies: {why}")]
    StaleErratum { target: String, why: String },
    #[error("these files are not what the models make of them (run cargo xtask codegen): {}", .0.join(", "))]
    Differs(Vec<String>),
}

/// Writes the generated files. Returns what to tell the caller.
pub(crate) fn write() -> Result<String, CodegenError> {
    let root = root();
    let files = generate(&root)?;
    let changed = output::write(&root, &files)?;
    Ok(format!("{} generated files, {changed} changed", files.len()))
}

/// Compares the generated files with the tree.
pub(crate) fn check() -> Result<String, CodegenError> {
    let root = root();
    let files = generate(&root)?;
    let differing = output::differing(&root, &files)?;
    if differing.is_empty() {
        Ok(format!("{} generated files are up to date", files.len()))
    } else {
        Err(CodegenError::Differs(differing))
    }
}

fn root() -> PathBuf {
    // Asked when it runs: checkouts may share a target folder.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let here = Path::new(&here);
    here.parent().unwrap_or(here).to_path_buf()
}

/// Every generated file: its path below the repository's root and its text.
fn generate(root: &Path) -> Result<Vec<(String, String)>, CodegenError> {
    let path = root.join("codegen.toml");
    let text = std::fs::read_to_string(&path).map_err(|source| CodegenError::Read { path, source })?;
    let config: Config = toml::from_str(&text)?;
    let mut raw = botocore::load(root, &config)?;
    let mut models = Vec::new();
    for service in &config.service {
        let raw = raw
            .swap_remove(&service.name)
            .ok_or_else(|| CodegenError::NoSuchService(service.name.clone()))?;
        models.push(Model::new(service, raw, &config)?);
    }
    let files = emit::files(&models)?;
    files.into_iter().map(|(path, text)| Ok((path, output::formatted(root, &text)?))).collect()
}
