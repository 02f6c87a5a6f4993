//! The configuration file of official Litestream, in the form of each version.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::s3::S3Server;

/// The location of the replica.
#[derive(Debug, Clone)]
pub enum Location {
    /// A bucket on a server of ours.
    S3 {
        /// URL with scheme and port.
        endpoint: String,
        /// Name alone.
        bucket: String,
        /// The replica's prefix in the bucket, without slashes at its ends.
        path: String,
        /// Key id that may write there.
        access_key_id: String,
        /// The secret that belongs to it.
        secret_access_key: String,
    },
    /// A folder.
    File(PathBuf),
}

impl Location {
    /// A prefix in a bucket of `server`.
    pub fn on(server: &S3Server, bucket: &str, path: &str) -> Self {
        Self::S3 {
            endpoint: server.endpoint(),
            bucket: bucket.into(),
            path: path.into(),
            access_key_id: server.access_key_id().into(),
            secret_access_key: server.secret_access_key().into(),
        }
    }

    fn fields(&self) -> Value {
        match self {
            Self::S3 { endpoint, bucket, path, access_key_id, secret_access_key } => json!({
                "type": "s3",
                "endpoint": endpoint,
                "bucket": bucket,
                "path": path,
                "region": "us-east-1",
                "force-path-style": true,
                "access-key-id": access_key_id,
                "secret-access-key": secret_access_key,
            }),
            Self::File(path) => json!({ "type": "file", "path": path }),
        }
    }
}

/// One database and its replica.
#[derive(Debug, Clone)]
pub struct Settings {
    database: PathBuf,
    replica: Value,
    of_database: Map<String, Value>,
    of_all: Map<String, Value>,
}

impl Settings {
    /// Replicates `database` to `location`, in steps short enough for a test.
    pub fn new(database: impl Into<PathBuf>, location: &Location) -> Self {
        Self { database: database.into(), replica: location.fields(), of_database: Map::new(), of_all: Map::new() }
            .sync_interval(Duration::from_millis(50))
            .database("monitor-interval", json!("50ms"))
    }

    /// How often it uploads.
    pub fn sync_interval(self, interval: Duration) -> Self {
        self.replica("sync-interval", json!(format!("{}ms", interval.as_millis())))
    }

    /// Sets a key of the replica.
    pub fn replica(mut self, key: &str, value: Value) -> Self {
        self.replica[key] = value;
        self
    }

    /// Sets a key of the database.
    pub fn database(mut self, key: &str, value: Value) -> Self {
        self.of_database.insert(key.into(), value);
        self
    }

    /// Sets a key at the top of the file.
    pub fn global(mut self, key: &str, value: Value) -> Self {
        self.of_all.insert(key.into(), value);
        self
    }

    /// The database's path.
    pub fn database_path(&self) -> &Path {
        &self.database
    }

    /// The file's text for a version: JSON, which is YAML too, and quotes every path rightly.
    pub fn render(&self, version: &str) -> String {
        let mut database = self.of_database.clone();
        database.insert("path".into(), json!(self.database));
        if version.starts_with("0.3.") {
            database.insert("replicas".into(), json!([self.replica]));
        } else {
            database.insert("replica".into(), self.replica.clone());
        }
        let mut all = self.of_all.clone();
        all.insert("dbs".into(), json!([database]));
        Value::Object(all).to_string()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_version_has_its_form() {
        let settings = Settings::new("/d b/x", &Location::File("/r".into())).global("levels", json!([]));
        let new: Value = serde_json::from_str(&settings.render("0.5.17")).unwrap();
        assert_eq!(new["dbs"][0]["path"], "/d b/x");
        assert_eq!(new["dbs"][0]["replica"]["sync-interval"], "50ms");
        assert_eq!(new["levels"], json!([]));
        let old: Value = serde_json::from_str(&settings.render("0.3.13")).unwrap();
        assert_eq!(old["dbs"][0]["replicas"][0]["path"], "/r");
        assert!(old["dbs"][0].get("replica").is_none());
    }
}
