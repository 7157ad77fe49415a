//! The runtime clients that this binary carries: one file for each language, written out at
//! start and run by the interpreter found on the machine.
//!
//! They are used even where AWS's own clients are installed, so that a function behaves the
//! same on every machine; they need nothing but the language's own library, and are faster,
//! because they post a result and ask for the next event in one write.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::runtime::Runtime;

const PYTHON: &str = include_str!("python.py");
const NODE: &str = include_str!("node.mjs");

/// The directory of the runtime clients: every function's `LAMBDA_RUNTIME_DIR`.
#[derive(Clone, Debug)]
pub(crate) struct RuntimeClients {
    directory: PathBuf,
}

impl RuntimeClients {
    /// Writes the clients to `directory`, in place of whatever is there.
    pub(crate) fn write(directory: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        let clients = Self { directory };
        fs::write(clients.python(), PYTHON)?;
        fs::write(clients.node(), NODE)?;
        Ok(clients)
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    fn python(&self) -> PathBuf {
        self.directory.join("bootstrap.py")
    }

    fn node(&self) -> PathBuf {
        self.directory.join("bootstrap.mjs")
    }

    /// What an interpreter is started with.
    pub(crate) fn arguments(&self, runtime: &Runtime, memory_megabytes: u32) -> Vec<OsString> {
        match runtime {
            Runtime::Python(_) => vec![self.python().into()],
            // V8 sizes its heap by the machine's memory unless it is told what it has: the
            // shares are those of Lambda's own runtime.
            Runtime::Node(_) => vec![
                format!("--max-old-space-size={}", memory_megabytes * 9 / 10).into(),
                format!("--max-semi-space-size={}", (memory_megabytes / 20).max(1)).into(),
                self.node().into(),
            ],
            Runtime::Provided => Vec::new(),
        }
    }
}
