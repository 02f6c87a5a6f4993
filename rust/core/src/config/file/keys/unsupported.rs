//! Keys that we do not act on: those of the official executable, of Litestream v0.3, of other kinds of replica; and those
//! that are refused.

use super::sections::VALIDATION;
use crate::config::{
    file::{
        entries::{Database, File, HasReplica},
        fields::{Official, OfficialSection, Refused},
        forms::{DURATION, NUMBER, SWITCH, TEXT},
        outline::NoEffect,
        section::{Key, key},
    },
    location::settings::ReplicaSettings,
};

const V03: &str = "only Litestream v0.3 acts on it";

const NO_ENCRYPTION: &str = "encryption with a key of one's own is not supported: uploads would be less protected than \
                             asked for; remove the key and let the bucket's default encryption do it";

pub(super) const AT_TOP: &[Key<File>] = &[
    key("addr", &Official(TEXT, |file: &mut File| &mut file.official), "Address of the metrics for Prometheus."),
    key("exec", &Official(TEXT, |file: &mut File| &mut file.official), "A command to run while replicating."),
    key("heartbeat-url", &Official(TEXT, |file: &mut File| &mut file.official), "URL to call while replication works."),
    key(
        "heartbeat-interval",
        &Official(DURATION, |file: &mut File| &mut file.official),
        "Time between two such calls.",
    ),
    key("mcp-addr", &Official(TEXT, |file: &mut File| &mut file.official), "Address of the MCP server."),
    key(
        "shutdown-sync-interval",
        &Official(DURATION, |file: &mut File| &mut file.official),
        "Time between attempts at the end.",
    ),
    key("validation", &OfficialSection(&VALIDATION, |file: &mut File| &mut file.official), "Checks of the replica."),
    key("verify-compaction", &Official(SWITCH, |file: &mut File| &mut file.official), "Check each merged file."),
];

pub(super) const IN_DATABASE: &[Key<Database>] = &[
    key(
        "watch",
        &NoEffect { reason: "a new database in dir is found at the next start", instead: None },
        "Replicate new databases of dir at once.",
    ),
    key(
        "max-checkpoint-page-count",
        &NoEffect { reason: "only Litestream v0.3 acts on it; since v0.5 there is truncate-page-n", instead: None },
        "Pages in the WAL from which a checkpoint waits for readers.",
    ),
];

pub(super) const IN_REPLICA: &[Key<ReplicaSettings>] = &[
    key(
        "name",
        &NoEffect {
            reason: "a database has one replica since Litestream v0.5, so that it needs no name",
            instead: None,
        },
        "Name of the replica.",
    ),
    key(
        "retention",
        &NoEffect { reason: V03, instead: Some(("snapshot", "retention")) },
        "Time that snapshots are kept.",
    ),
    key(
        "snapshot-interval",
        &NoEffect { reason: V03, instead: Some(("snapshot", "interval")) },
        "Time between two snapshots.",
    ),
    key(
        "retention-check-interval",
        &NoEffect { reason: "only Litestream v0.3 acts on it; old snapshots go after each new one", instead: None },
        "Time between two searches for old snapshots.",
    ),
];

pub(super) struct SharedKeys<T>(T);

impl<T: HasReplica> SharedKeys<T> {
    pub(super) const ALL: &[Key<T>] = &[
        key(
            "auto-recover",
            &Official(SWITCH, |replica: &mut T| &mut replica.settings().official),
            "Start anew after an error.",
        ),
        key(
            "max-sync-ltx-files",
            &Official(NUMBER, |replica: &mut T| &mut replica.settings().official),
            "Files in one upload.",
        ),
        key(
            "require-content-md5",
            &Official(SWITCH, |replica: &mut T| &mut replica.settings().official),
            "Send Content-MD5.",
        ),
        key(
            "sign-payload",
            &Official(SWITCH, |replica: &mut T| &mut replica.settings().official),
            "Sign what is uploaded.",
        ),
        key(
            "validation-interval",
            &Official(DURATION, |replica: &mut T| &mut replica.settings().official),
            "Time between checks.",
        ),
        key(
            "age",
            &Refused("encryption with age is not supported, nor is it by Litestream v0.5"),
            "Encryption with age.",
        ),
        key("sse-customer-algorithm", &Refused(NO_ENCRYPTION), "Encryption with a key of one's own."),
        key("sse-customer-key", &Refused(NO_ENCRYPTION), "The key of one's own."),
        key("sse-customer-key-path", &Refused(NO_ENCRYPTION), "The file of that key."),
        key("sse-kms-key-id", &Refused(NO_ENCRYPTION), "Encryption with a key of AWS KMS."),
        of_azure("account-name"),
        of_azure("account-key"),
        of_azure("sas-token"),
        of_sftp("host"),
        of_sftp("user"),
        of_sftp("password"),
        of_sftp("key-path"),
        of_sftp("concurrent-writes"),
        of_sftp("host-key"),
        of_webdav("webdav-url"),
        of_webdav("webdav-username"),
        of_webdav("webdav-password"),
        of_nats("jwt"),
        of_nats("seed"),
        of_nats("creds"),
        of_nats("nkey"),
        of_nats("username"),
        of_nats("token"),
        of_nats("tls"),
        of_nats("root-cas"),
        of_nats("client-cert"),
        of_nats("client-key"),
        of_nats("max-reconnects"),
        of_nats("reconnect-wait"),
        of_nats("timeout"),
    ];
}

const fn of_azure<T>(name: &'static str) -> Key<T> {
    key(
        name,
        &NoEffect { reason: "replicas in Azure are not supported", instead: None },
        "For replicas in Azure (abs).",
    )
}

const fn of_sftp<T>(name: &'static str) -> Key<T> {
    key(name, &NoEffect { reason: "replicas on SFTP are not supported", instead: None }, "For replicas on SFTP.")
}

const fn of_webdav<T>(name: &'static str) -> Key<T> {
    key(name, &NoEffect { reason: "replicas on WebDAV are not supported", instead: None }, "For replicas on WebDAV.")
}

const fn of_nats<T>(name: &'static str) -> Key<T> {
    key(name, &NoEffect { reason: "replicas in NATS are not supported", instead: None }, "For replicas in NATS.")
}
