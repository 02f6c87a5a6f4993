//! Keys without effect here: those of the official executable, of Litestream v0.3 and of other kinds of replica. The
//! refused keys are here too.

use super::sections::VALIDATION;
use crate::config::{
    file::{
        entries::{ConfigFile, DatabaseEntry, HasReplica},
        fields::{Official, OfficialSection, Refused},
        forms::{DURATION, NUMBER, SWITCH, TEXT},
        outline::NoEffect,
        section::{KeySpec, keys, unused},
    },
    location::settings::ReplicaSettings,
};

const V03: &str = "only Litestream v0.3 acts on it";

const NO_ENCRYPTION: &str = "encryption with a key of one's own is not supported: uploads would be less protected than \
                             asked for; remove the key and let the bucket's default encryption do it";

pub(super) const AT_TOP: &[KeySpec<ConfigFile>] = keys! { ConfigFile:
    "addr": Official(TEXT, official) "Address of the metrics for Prometheus.";
    "exec": Official(TEXT, official) "A command to run while replicating.";
    "heartbeat-url": Official(TEXT, official) "URL to call while replication works.";
    "heartbeat-interval": Official(DURATION, official) "Time between two such calls.";
    "mcp-addr": Official(TEXT, official) "Address of the MCP server.";
    "shutdown-sync-interval": Official(DURATION, official) "Time between attempts at the end.";
    "validation": OfficialSection(&VALIDATION, official) "Checks of the replica.";
    "verify-compaction": Official(SWITCH, official) "Check each merged file.";
};

pub(super) const IN_DATABASE: &[KeySpec<DatabaseEntry>] = &[
    unused(&["watch"], &NoEffect::because("a new database in dir is found at the next start")),
    unused(
        &["max-checkpoint-page-count"],
        &NoEffect::because("only Litestream v0.3 acts on it; since v0.5 there is truncate-page-n"),
    ),
];

pub(super) const IN_REPLICA: &[KeySpec<ReplicaSettings>] = &[
    unused(&["name"], &NoEffect::because("a database has one replica since Litestream v0.5, so that it needs no name")),
    unused(&["retention"], &NoEffect { reason: V03, instead: Some(("snapshot", "retention")) }),
    unused(&["snapshot-interval"], &NoEffect { reason: V03, instead: Some(("snapshot", "interval")) }),
    unused(
        &["retention-check-interval"],
        &NoEffect::because("only Litestream v0.3 acts on it; old snapshots go after each new one"),
    ),
];

pub(super) struct UnsupportedKeys<T>(T);

impl<T: HasReplica> UnsupportedKeys<T> {
    pub(super) const OFFICIAL: &[KeySpec<T>] = keys! { T:
        "auto-recover": Official(SWITCH, settings().official) "Start anew after an error.";
        "max-sync-ltx-files": Official(NUMBER, settings().official) "Files in one upload.";
        "require-content-md5": Official(SWITCH, settings().official) "Send Content-MD5.";
        "sign-payload": Official(SWITCH, settings().official) "Sign what is uploaded.";
        "validation-interval": Official(DURATION, settings().official) "Time between checks.";
    };

    pub(super) const OTHERS: &[KeySpec<T>] = &[
        unused(&["age"], &Refused("encryption with age is not supported, nor is it by Litestream v0.5")),
        unused(
            &["sse-customer-algorithm", "sse-customer-key", "sse-customer-key-path", "sse-kms-key-id"],
            &Refused(NO_ENCRYPTION),
        ),
        unused(
            &["account-name", "account-key", "sas-token"],
            &NoEffect::because("replicas in Azure are not supported"),
        ),
        unused(
            &["host", "user", "password", "key-path", "concurrent-writes", "host-key"],
            &NoEffect::because("replicas on SFTP are not supported"),
        ),
        unused(
            &["webdav-url", "webdav-username", "webdav-password"],
            &NoEffect::because("replicas on WebDAV are not supported"),
        ),
        unused(
            &[
                "jwt",
                "seed",
                "creds",
                "nkey",
                "username",
                "token",
                "tls",
                "root-cas",
                "client-cert",
                "client-key",
                "max-reconnects",
                "reconnect-wait",
                "timeout",
            ],
            &NoEffect::because("replicas in NATS are not supported"),
        ),
    ];
}
