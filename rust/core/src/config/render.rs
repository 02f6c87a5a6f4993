//! A [`Config`] as the YAML that official Litestream and our own executable read. Secrets stay out of it (G10): the
//! text refers to variables, whose values go into the child's environment.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write,
    path::Path,
};

use super::{
    Config, Credentials, DatabaseConfig, Location, MaintenanceConfig, S3Config, Secret, ignored::DROPPED,
    scalar::format_duration,
};
use crate::{
    Error, Result,
    env::{ACCESS_KEY_ID, SECRET_ACCESS_KEY},
};

/// Stands for a dollar sign, which the expansion of variables knows no escape for.
const DOLLAR: &str = "LITESTREAM_DOLLAR";

/// A rendered configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    pub text: String,
    /// What the text refers to, as the text needs it: to be put into the child's environment.
    pub variables: BTreeMap<String, Secret>,
}

impl Rendered {
    /// Replaces the file at once, for its owner's eyes only.
    pub fn write(&self, file: &Path) -> Result<()> {
        let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        // A temporary file has mode 0600 from the start.
        let mut temporary = tempfile::NamedTempFile::new_in(dir).map_err(Error::io("write", file))?;
        temporary.write_all(self.text.as_bytes()).map_err(Error::io("write", file))?;
        temporary.as_file().sync_all().map_err(Error::io("write", file))?;
        temporary.persist(file).map_err(|error| Error::io("write", file)(error.error))?;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::io("write", file))
    }
}

/// [`super::parse`] reads the same configuration back, given the variables.
pub fn render(config: &Config) -> Result<Rendered> {
    let mut writer = Writer::new(config);
    writer.line(0, "# Written by litestream-native for its child process; changes are lost.");
    writer.section("logging", |writer| {
        writer.text("level", &config.logging.level);
        writer.text("type", if config.logging.json { "json" } else { "text" });
    });
    match &config.socket {
        None => writer.section("socket", |writer| writer.plain("enabled", false)),
        Some(path) => {
            let path = unicode(path)?;
            writer.section("socket", |writer| {
                writer.plain("enabled", true);
                writer.text("path", path);
            });
        }
    }
    writer.plain("shutdown-sync-timeout", format_duration(config.shutdown_sync_timeout));
    writer.maintenance(&config.maintenance);
    writer.kept("");
    writer.line(0, "dbs:");
    for (index, database) in config.databases.iter().enumerate() {
        writer.database(index, database)?;
    }
    Ok(writer.rendered)
}

struct Writer<'a> {
    config: &'a Config,
    rendered: Rendered,
    indent: usize,
    /// Variables of the credentials that were rendered, first pair first.
    credentials: Vec<(&'a Credentials, [String; 2])>,
}

impl<'a> Writer<'a> {
    fn new(config: &'a Config) -> Self {
        let rendered = Rendered { text: String::new(), variables: BTreeMap::new() };
        Writer { config, rendered, indent: 0, credentials: Vec::new() }
    }

    fn database(&mut self, index: usize, database: &'a DatabaseConfig) -> Result<()> {
        let path = format!("dbs[{index}]");
        self.line(2, "-");
        self.indent = 4;
        self.text("path", unicode(&database.path)?);
        self.text("meta-path", unicode(&database.meta_path)?);
        self.plain("monitor-interval", format_duration(database.monitor_interval));
        self.plain("checkpoint-interval", format_duration(database.checkpoint_interval));
        self.plain("busy-timeout", format_duration(database.busy_timeout));
        self.plain("min-checkpoint-page-count", database.min_checkpoint_pages);
        self.plain("truncate-page-n", truncate_pages(database.truncate_pages));
        self.plain("max-sync-wal-bytes", database.max_sync_wal_bytes);
        self.plain("restore-if-db-not-exists", database.restore_if_absent);
        if database.maintenance != self.config.maintenance {
            self.snapshots(&database.maintenance);
        }
        self.kept(&path);
        self.line(4, "replica:");
        self.indent = 6;
        self.plain("sync-interval", format_duration(database.replica.sync_interval));
        match &database.replica.location {
            Location::File { path } => {
                self.text("type", "file");
                self.text("path", unicode(path)?);
            }
            Location::S3(s3) => self.s3(s3)?,
        }
        self.kept(&format!("{path}.replica"));
        self.indent = 0;
        Ok(())
    }

    fn maintenance(&mut self, config: &MaintenanceConfig) {
        let levels = config.levels.iter().map(|&interval| format!("{{interval: {}}}", format_duration(interval)));
        self.plain("levels", format!("[{}]", levels.collect::<Vec<_>>().join(", ")));
        self.plain("l0-retention", format_duration(config.retention.l0));
        self.plain("l0-retention-check-interval", format_duration(config.l0_check_interval));
        self.plain("retention", format!("{{enabled: {}}}", config.delete));
        self.snapshots(config);
    }

    fn snapshots(&mut self, config: &MaintenanceConfig) {
        let (interval, retention) = (config.snapshot_interval, config.retention.snapshots);
        let (interval, retention) = (format_duration(interval), format_duration(retention));
        self.plain("snapshot", format!("{{interval: {interval}, retention: {retention}}}"));
    }

    fn s3(&mut self, s3: &'a S3Config) -> Result<()> {
        self.text("type", "s3");
        self.text("bucket", &s3.bucket);
        if !s3.path.is_empty() {
            self.text("path", &s3.path);
        }
        self.text("region", &s3.region);
        if let Some(endpoint) = &s3.endpoint {
            self.text("endpoint", endpoint);
        }
        self.plain("force-path-style", s3.force_path_style);
        self.plain("skip-verify", s3.skip_verify);
        self.plain("part-size", s3.part_size);
        self.plain("concurrency", s3.concurrency);
        if let Some(class) = &s3.storage_class {
            self.text("storage-class", class);
        }
        if let Some(credentials) = &s3.credentials {
            let [id, secret] = self.reference(credentials)?;
            self.plain("access-key-id", format!("'${id}'"));
            self.plain("secret-access-key", format!("'${secret}'"));
        }
        Ok(())
    }

    /// The variables that hold a pair; each different pair has its own.
    fn reference(&mut self, credentials: &'a Credentials) -> Result<[String; 2]> {
        if let Some((_, names)) = self.credentials.iter().find(|(known, _)| *known == credentials) {
            return Ok(names.clone());
        }
        // The plain names apply to every replica that names no credentials, so they must not be used beside such.
        let suffix = match self.credentials.len() {
            0 if self.config.databases.iter().all(has_credentials) => String::new(),
            known => format!("_{}", known + 1),
        };
        let names = [ACCESS_KEY_ID, SECRET_ACCESS_KEY].map(|name| format!("{name}{suffix}"));
        let values = [credentials.access_key_id.as_str(), credentials.secret_access_key.reveal()];
        for (name, value) in names.iter().zip(values) {
            self.rendered.variables.insert(name.clone(), single_quoted(name, value)?);
        }
        self.credentials.push((credentials, names.clone()));
        Ok(names)
    }

    /// The keys right below `path` that only official Litestream acts on.
    fn kept(&mut self, path: &str) {
        for (key, value) in &self.config.ignored {
            let below = if path.is_empty() { Some(key.as_str()) } else { tail(key, path) };
            if let Some(name) = below.filter(|name| !name.contains(['.', '[']) && value != DROPPED) {
                let value = self.escape(value, false);
                self.plain(name, value);
            }
        }
    }

    fn section(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.line(0, &format!("{name}:"));
        self.indent = 2;
        write(self);
        self.kept(name);
        self.indent = 0;
    }

    fn text(&mut self, key: &str, value: &str) {
        let value = format!("\"{}\"", self.escape(value, true));
        self.plain(key, value);
    }

    fn plain(&mut self, key: &str, value: impl std::fmt::Display) {
        self.line(self.indent, &format!("{key}: {value}"));
    }

    fn line(&mut self, indent: usize, line: &str) {
        self.rendered.text.push_str(&format!("{:indent$}{line}\n", ""));
    }

    /// What may stand between YAML's double quotes; or, not `quoted`, JSON that has its own quotes.
    fn escape(&mut self, text: &str, quoted: bool) -> String {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '$' => {
                    self.rendered.variables.insert(DOLLAR.into(), Secret::new("$"));
                    escaped.push_str(&format!("${{{DOLLAR}}}"));
                }
                '"' | '\\' if quoted => escaped.extend(['\\', c]),
                ' '..='~' => escaped.push(c),
                c => escaped.push_str(&format!("\\U{:08x}", u32::from(c))),
            }
        }
        escaped
    }
}

fn has_credentials(database: &DatabaseConfig) -> bool {
    !matches!(&database.replica.location, Location::S3(S3Config { credentials: None, .. }))
}

fn tail<'k>(key: &'k str, path: &str) -> Option<&'k str> {
    key.strip_prefix(path)?.strip_prefix('.')
}

/// Official Litestream keeps it in a signed number, where everything below 0 means never.
fn truncate_pages(pages: u32) -> i64 {
    if pages == u32::MAX { -1 } else { pages.into() }
}

fn unicode(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::Config {
        place: path.display().to_string(),
        problem: "a path that is not UTF-8 cannot stand in a configuration file".into(),
    })
}

/// The value as it must be put between single quotes.
fn single_quoted(name: &str, value: &str) -> Result<Secret> {
    let printable =
        |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}'..='\u{ffff}');
    if !value.chars().all(printable) {
        return Err(Error::Config { place: name.into(), problem: "its value holds a control character".into() });
    }
    Ok(Secret::new(value.replace('\'', "''")))
}
