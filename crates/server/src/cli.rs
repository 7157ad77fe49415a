//! The command line: what may be written on it and how it explains itself.

use std::net::SocketAddr;
use std::path::PathBuf;

use base::Secret;
use clap::{Args, Parser, Subcommand};

/// Amazon API Gateway that anyone can run: AWS's own clients define APIs, and this program
/// serves them.
#[derive(Debug, Parser)]
#[command(name = "gatewright", version, arg_required_else_help = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the gateway and serve until it is told to stop (Ctrl-C or SIGTERM)
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Box<Serve>),
    /// List every operation of every AWS service, and whether it is built
    Operations {
        /// Print JSON in place of a table
        #[arg(long)]
        json: bool,
    },
    /// Print the version
    Version,
}

const SERVE_EXAMPLES: &str = "\
What is written on the command line counts before the environment, the environment before the
configuration file, and the file before the defaults.

Examples:
  gatewright serve
  gatewright serve --ephemeral --listen 127.0.0.1:0
  gatewright serve --config /etc/gatewright.toml

Then point any AWS client at it:
  export AWS_ENDPOINT_URL=http://127.0.0.1:4566";

/// The arguments of `serve`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:4566]
    #[arg(long, value_name = "ADDRESS:PORT", env = "GATEWRIGHT_LISTEN", value_parser = address)]
    pub(crate) listen: Option<SocketAddr>,

    /// Where to listen for TLS as well; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", env = "GATEWRIGHT_TLS_LISTEN", value_parser = address)]
    pub(crate) tls_listen: Option<SocketAddr>,

    /// Where to serve metrics at /metrics, to whoever can reach it [default: nowhere]
    #[arg(long, value_name = "ADDRESS:PORT", env = "GATEWRIGHT_ADMIN_LISTEN", value_parser = address)]
    pub(crate) admin_listen: Option<SocketAddr>,

    /// Where to keep everything [default: $XDG_DATA_HOME/gatewright or ~/.local/share/gatewright]
    #[arg(long, value_name = "DIR", env = "GATEWRIGHT_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,

    /// Keep everything in memory, until the process ends
    #[arg(long, env = "GATEWRIGHT_EPHEMERAL")]
    pub(crate) ephemeral: bool,

    /// Take over the sockets and the data of the process that uses the data directory, which finishes what
    /// is under way and ends; without such a process, start as always
    #[arg(long, conflicts_with = "ephemeral")]
    pub(crate) take_over: bool,

    /// Read the configuration from this TOML file
    #[arg(long, value_name = "FILE", env = "GATEWRIGHT_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// What to log: error, warn, info, debug or trace, or directives such as
    /// `info,gatewright_gateway=debug` [default: info]
    #[arg(long, value_name = "LEVEL", env = "GATEWRIGHT_LOG")]
    pub(crate) log: Option<String>,

    #[command(flatten)]
    pub(crate) root: Root,
}

/// The root user's keys, from the environment only: other processes can read command lines.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Root {
    #[arg(long = "root-access-key-id", hide = true, env = "GATEWRIGHT_ROOT_ACCESS_KEY_ID")]
    pub(crate) access_key_id: Option<String>,

    #[arg(
        long = "root-secret-access-key",
        hide = true,
        hide_env_values = true,
        env = "GATEWRIGHT_ROOT_SECRET_ACCESS_KEY",
        value_parser = secret
    )]
    pub(crate) secret_access_key: Option<Secret>,
}

pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    numeric
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| "expected ADDRESS:PORT, for example 127.0.0.1:4566 or [::1]:4566".to_owned())
}

// What clap wants of a parser.
#[allow(clippy::unnecessary_wraps)]
fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn addresses_have_a_port() {
        for (text, expected) in [
            ("127.0.0.1:4566", Some("127.0.0.1:4566")),
            ("[::1]:0", Some("[::1]:0")),
            ("localhost:80", Some("127.0.0.1:80")),
            ("127.0.0.1", None),
            ("127.0.0.1:65536", None),
            ("example.com:80", None),
            (":80", None),
            ("", None),
        ] {
            let parsed = address(text).ok().map(|address| address.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text}");
        }
    }
}
