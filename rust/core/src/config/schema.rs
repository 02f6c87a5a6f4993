//! Every key that official Litestream knows, v0.3 and v0.5, what its value must be, and whether we act on it.

/// What a value must be.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Switch,
    Duration,
    Size,
    Count,
    Texts,
    Section(&'static Section),
    Sections(&'static Section),
}

/// What becomes of a key.
#[derive(Debug, PartialEq)]
pub(super) enum Use {
    Acted,
    /// The official binary acts on it, we don't yet: reported, kept, rendered.
    Kept,
    /// Has no effect on a replica of ours, or may hold a secret: reported, its value dropped.
    Dropped,
    /// Going on as if it were not there would betray what its author relies on.
    Refused(&'static str),
}

#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) usage: Use,
}

#[derive(Debug)]
pub(super) struct Section {
    keys: &'static [Key],
    /// The keys of another section that may stand here too.
    also: Option<&'static Section>,
}

impl Section {
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static Key> {
        self.keys.iter().chain(self.also.map_or(&[][..], |section| section.keys))
    }

    pub(super) fn find(&self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}

const fn acted(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, usage: Use::Acted }
}

const fn kept(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, usage: Use::Kept }
}

const fn dropped(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, usage: Use::Dropped }
}

const fn refused(name: &'static str, kind: Kind, why: &'static str) -> Key {
    Key { name, kind, usage: Use::Refused(why) }
}

pub(super) static TOP: Section = Section {
    keys: &[
        acted("dbs", Kind::Sections(&DATABASE)),
        acted("logging", Kind::Section(&LOGGING)),
        acted("socket", Kind::Section(&SOCKET)),
        acted("shutdown-sync-timeout", Kind::Duration),
        kept("addr", Kind::Text),
        kept("exec", Kind::Text),
        kept("heartbeat-interval", Kind::Duration),
        kept("heartbeat-url", Kind::Text),
        acted("l0-retention", Kind::Duration),
        acted("l0-retention-check-interval", Kind::Duration),
        acted("levels", Kind::Sections(&LEVEL)),
        kept("mcp-addr", Kind::Text),
        acted("retention", Kind::Section(&RETENTION)),
        kept("shutdown-sync-interval", Kind::Duration),
        acted("snapshot", Kind::Section(&SNAPSHOT)),
        kept("validation", Kind::Section(&VALIDATION)),
        kept("verify-compaction", Kind::Switch),
    ],
    also: Some(&REPLICA_SETTINGS),
};

pub(super) static DATABASE: Section = Section {
    keys: &[
        acted("path", Kind::Text),
        acted("dir", Kind::Text),
        acted("pattern", Kind::Text),
        acted("recursive", Kind::Switch),
        acted("meta-path", Kind::Text),
        acted("meta-dir", Kind::Text),
        acted("monitor-interval", Kind::Duration),
        acted("checkpoint-interval", Kind::Duration),
        acted("busy-timeout", Kind::Duration),
        acted("min-checkpoint-page-count", Kind::Count),
        acted("truncate-page-n", Kind::Count),
        acted("max-sync-wal-bytes", Kind::Size),
        acted("restore-if-db-not-exists", Kind::Switch),
        acted("replica", Kind::Section(&REPLICA)),
        acted("replicas", Kind::Sections(&REPLICA)),
        // The databases are listed one by one in what is rendered, so watching means nothing there.
        dropped("watch", Kind::Switch),
        kept("max-checkpoint-page-count", Kind::Count),
        acted("snapshot", Kind::Section(&SNAPSHOT)),
    ],
    also: None,
};

pub(super) static REPLICA: Section = Section {
    keys: &[
        acted("type", Kind::Text),
        acted("path", Kind::Text),
        acted("url", Kind::Text),
        kept("name", Kind::Text),
        kept("retention", Kind::Duration),
        kept("retention-check-interval", Kind::Duration),
        kept("snapshot-interval", Kind::Duration),
    ],
    also: Some(&REPLICA_SETTINGS),
};

const NO_ENCRYPTION: &str = "is not supported; what is uploaded would be less protected than asked for. Remove the \
                             key and let the bucket's default encryption do it";

/// In a replica, or at the top as the default of every replica.
static REPLICA_SETTINGS: Section = Section {
    keys: &[
        acted("access-key-id", Kind::Text),
        acted("secret-access-key", Kind::Text),
        acted("region", Kind::Text),
        acted("bucket", Kind::Text),
        acted("endpoint", Kind::Text),
        acted("force-path-style", Kind::Switch),
        acted("skip-verify", Kind::Switch),
        acted("part-size", Kind::Size),
        acted("concurrency", Kind::Count),
        acted("storage-class", Kind::Text),
        acted("sync-interval", Kind::Duration),
        kept("auto-recover", Kind::Switch),
        kept("max-sync-ltx-files", Kind::Count),
        kept("require-content-md5", Kind::Switch),
        kept("sign-payload", Kind::Switch),
        kept("validation-interval", Kind::Duration),
        refused("age", Kind::Section(&AGE), "encryption with age is not supported, nor is it by Litestream v0.5"),
        refused("sse-customer-algorithm", Kind::Text, NO_ENCRYPTION),
        refused("sse-customer-key", Kind::Text, NO_ENCRYPTION),
        refused("sse-customer-key-path", Kind::Text, NO_ENCRYPTION),
        refused("sse-kms-key-id", Kind::Text, NO_ENCRYPTION),
        // Azure
        dropped("account-name", Kind::Text),
        dropped("account-key", Kind::Text),
        dropped("sas-token", Kind::Text),
        // SFTP
        dropped("host", Kind::Text),
        dropped("user", Kind::Text),
        dropped("password", Kind::Text),
        dropped("key-path", Kind::Text),
        dropped("concurrent-writes", Kind::Switch),
        dropped("host-key", Kind::Text),
        // WebDAV
        dropped("webdav-url", Kind::Text),
        dropped("webdav-username", Kind::Text),
        dropped("webdav-password", Kind::Text),
        // NATS
        dropped("jwt", Kind::Text),
        dropped("seed", Kind::Text),
        dropped("creds", Kind::Text),
        dropped("nkey", Kind::Text),
        dropped("username", Kind::Text),
        dropped("token", Kind::Text),
        dropped("tls", Kind::Switch),
        dropped("root-cas", Kind::Texts),
        dropped("client-cert", Kind::Text),
        dropped("client-key", Kind::Text),
        dropped("max-reconnects", Kind::Count),
        dropped("reconnect-wait", Kind::Duration),
        dropped("timeout", Kind::Duration),
    ],
    also: None,
};

static LOGGING: Section = Section {
    keys: &[
        acted("level", Kind::Text),
        acted("type", Kind::Text),
        kept("stderr", Kind::Switch),
        kept("source", Kind::Switch),
    ],
    also: None,
};

static SOCKET: Section = Section {
    keys: &[acted("enabled", Kind::Switch), acted("path", Kind::Text), dropped("permissions", Kind::Text)],
    also: None,
};

static LEVEL: Section = Section { keys: &[acted("interval", Kind::Duration)], also: None };

static SNAPSHOT: Section =
    Section { keys: &[acted("interval", Kind::Duration), acted("retention", Kind::Duration)], also: None };

static RETENTION: Section = Section { keys: &[acted("enabled", Kind::Switch)], also: None };

static VALIDATION: Section = Section { keys: &[kept("interval", Kind::Duration)], also: None };

static AGE: Section =
    Section { keys: &[dropped("identities", Kind::Texts), dropped("recipients", Kind::Texts)], also: None };
