//! SIGHUP: certificates, truststores and the configuration are read again. What can be changed while the
//! program runs is changed, all of it or nothing; what else has changed in the file is named in the log.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gateway::front_door::{Domains, Names, Refresh};
use gateway::tls::Truststores;
use toml::Table;

use crate::cli::Serve;
use crate::config::{Place, Settings};
use crate::default_certificate;
use crate::fault::Fault;
use crate::logging::{self, Filter};

/// The keys of the file that are heeded at once.
const AT_ONCE: [&str; 2] = ["truststores", "tls"];

/// Whatever is read again.
pub(crate) struct Reload {
    /// The command line, which says where the file is.
    pub(crate) arguments: Serve,
    /// The file as it was heeded last.
    pub(crate) written: Table,
    pub(crate) place: Place,
    pub(crate) domains: Arc<Domains>,
    /// Nothing if TLS is not spoken.
    pub(crate) names: Option<Arc<Names>>,
    pub(crate) filter: Filter,
    /// How often access logs' copies have been begun anew.
    pub(crate) copies: Arc<AtomicU64>,
}

impl Reload {
    /// Reads everything again. A fault changes nothing.
    pub(crate) fn run(&mut self, refresh: &Refresh) {
        match self.read(refresh) {
            Ok(later) if later.is_empty() => tracing::info!("the configuration was read again"),
            Ok(later) => tracing::warn!(
                keys = later.join(", "),
                "the configuration was read again; these keys are heeded by a new process (--take-over)"
            ),
            Err(fault) => tracing::error!(%fault, "the configuration is not heeded; nothing is changed"),
        }
    }

    fn read(&mut self, refresh: &Refresh) -> Result<Vec<String>, Fault> {
        let written = table(self.arguments.config.as_deref())?;
        let settings = Settings::of(self.arguments.clone())?;
        let log = logging::filter(&settings.log.directives).map(drop);
        let truststores = Truststores::new(settings.truststores);
        truststores.check().map_err(|why| Fault::Truststore(why.to_string()))?;
        let servers = match (&self.names, settings.tls) {
            (Some(names), Some(tls)) if tls.certificate.is_some() => {
                Some((names, default_certificate::servers(tls.certificate, &self.place)?))
            }
            _ => None,
        };
        log?;
        // From here on nothing can fail.
        self.filter.change(&settings.log.directives)?;
        if let Some((names, servers)) = servers {
            names.show(servers);
        }
        self.domains.find_truststores(truststores);
        refresh.anew();
        self.copies.fetch_add(1, Ordering::Relaxed);
        let later = changed(&self.written, &written);
        self.written = written;
        Ok(later)
    }
}

/// The file as a table; without a file an empty one.
pub(crate) fn table(path: Option<&Path>) -> Result<Table, Fault> {
    let Some(path) = path else { return Ok(Table::new()) };
    let wrong = |why: String| Fault::Reread { path: path.to_owned(), why };
    let text = std::fs::read_to_string(path).map_err(|why| wrong(why.to_string()))?;
    text.parse().map_err(|why: toml::de::Error| wrong(why.message().to_owned()))
}

/// The keys that are not heeded at once and have another value than before. Of the log the level is heeded.
fn changed(before: &Table, now: &Table) -> Vec<String> {
    let mut keys: Vec<String> = before.keys().chain(now.keys()).cloned().collect();
    keys.sort();
    keys.dedup();
    let format = |table: &Table| table.get("log").and_then(|log| log.get("format")).cloned();
    keys.retain(|key| match key.as_str() {
        key if AT_ONCE.contains(&key) => false,
        "log" => format(before) != format(now),
        key => before.get(key) != now.get(key),
    });
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_heeded_at_once_is_named() {
        let check = |before: &str, now: &str, expected: &[&str]| {
            assert_eq!(changed(&before.parse().unwrap(), &now.parse().unwrap()), expected, "{before} {now}");
        };
        check("", "", &[]);
        check("workers = 1\n[log]\nlevel = 'info'", "workers = 1\n[log]\nlevel = 'debug'", &[]);
        check("[truststores]", "[truststores]\n's3://a/b' = 'c'\n[tls]\ncertificate = 'd'", &[]);
        check("workers = 1\ndrain_seconds = 1", "workers = 2", &["drain_seconds", "workers"]);
        check("[log]\nformat = 'text'", "[log]\nformat = 'json'", &["log"]);
        check("", "[[vpc_links]]\nlink = 'a'", &["vpc_links"]);
    }
}
