//! Keys of a replica, and those of them that may stand at the top of the file as the default of every replica.

use super::unsupported;
use crate::config::{
    file::{
        entries::{File, HasReplica},
        fields::{Always, Optional},
        forms::{COUNT, ENDPOINT, INTERVAL, PART_SIZE, SECRET, SWITCH, TEXT},
        section::{Key, Section, key},
    },
    location::settings::ReplicaSettings,
};

pub(super) const REPLICA: Section<ReplicaSettings> = Section {
    place: "a replica",
    keys: &[
        KEYS,
        SharedKeys::<ReplicaSettings>::ALL,
        unsupported::SharedKeys::<ReplicaSettings>::ALL,
        unsupported::IN_REPLICA,
    ],
};

/// At the top of the file.
pub(super) const REPLICA_DEFAULTS: &[Key<File>] = SharedKeys::<File>::ALL;

const KEYS: &[Key<ReplicaSettings>] = &[
    key(
        "type",
        &Optional(TEXT, |replica: &mut ReplicaSettings| &mut replica.kind),
        "s3 or file. Without it a bucket means s3, and a path alone means file.",
    )
    .shown("s3"),
    key(
        "path",
        &Optional(TEXT, |replica: &mut ReplicaSettings| &mut replica.path),
        "The path inside the bucket, or the directory of a file replica.",
    )
    .shown("my-app/production"),
    key(
        "url",
        &Optional(TEXT, |replica: &mut ReplicaSettings| &mut replica.url),
        "Instead of type, bucket and path: s3://bucket/path, s3://bucket.host:port/path, a provider's host name, or \
         file:///directory.",
    )
    .example("s3://backups/my-app/production"),
];

struct SharedKeys<T>(T);

impl<T: HasReplica> SharedKeys<T> {
    const ALL: &[Key<T>] = &[
        key(
            "bucket",
            &Optional(TEXT, |replica: &mut T| &mut replica.settings().bucket),
            "The bucket: a name, an s3:// URL, or the ARN of an access point. Unless set: the variable \
             LITESTREAM_REPLICA_BUCKET.",
        )
        .shown("$LITESTREAM_REPLICA_BUCKET"),
        key(
            "region",
            &Optional(TEXT, |replica: &mut T| &mut replica.settings().region),
            "The region. Unless set: that of the URL, or the variable LITESTREAM_REPLICA_REGION, or us-east-1.",
        )
        .shown("us-east-1"),
        key(
            "endpoint",
            &Optional(ENDPOINT, |replica: &mut T| &mut replica.settings().endpoint),
            "The address of a store that is not Amazon's. Without a scheme it is reached by HTTPS, a local or private \
             one by HTTP. Unless set: that of the URL, or the variable LITESTREAM_REPLICA_ENDPOINT.",
        )
        .example("https://s3.example.com"),
        key(
            "access-key-id",
            &Optional(TEXT, |replica: &mut T| &mut replica.settings().access_key_id),
            "The id of the key. Unless set: the variable LITESTREAM_ACCESS_KEY_ID, or the usual sources of AWS \
             (variables, profile, instance role).",
        )
        .shown("$LITESTREAM_ACCESS_KEY_ID"),
        key(
            "secret-access-key",
            &Optional(SECRET, |replica: &mut T| &mut replica.settings().secret_access_key),
            "The secret of the key. Unless set: the variable LITESTREAM_SECRET_ACCESS_KEY.",
        )
        .shown("$LITESTREAM_SECRET_ACCESS_KEY"),
        key(
            "force-path-style",
            &Optional(SWITCH, |replica: &mut T| &mut replica.settings().force_path_style),
            "True puts the bucket into the path of requests, false into the host name. Unless set: true where there is \
             an endpoint, unless the URL has the form of a provider that wants it otherwise.",
        )
        .shown("false"),
        key(
            "skip-verify",
            &Optional(SWITCH, |replica: &mut T| &mut replica.settings().skip_verify),
            "True accepts any TLS certificate: for tests against a server that signed its own.",
        )
        .shown("false"),
        key(
            "part-size",
            &Optional(PART_SIZE, |replica: &mut T| &mut replica.settings().part_size),
            "Size of the parts of a large upload, 5MiB at least.",
        )
        .shown("5MiB"),
        key(
            "concurrency",
            &Optional(COUNT, |replica: &mut T| &mut replica.settings().concurrency),
            "Parts of one upload that are sent at once.",
        )
        .shown("5"),
        key(
            "storage-class",
            &Optional(TEXT, |replica: &mut T| &mut replica.settings().storage_class),
            "The storage class of uploaded files. Unless set: the bucket's.",
        )
        .example("STANDARD_IA"),
        key(
            "sync-interval",
            &Always(INTERVAL, |replica: &mut T| &mut replica.settings().sync_interval),
            "Least time between two uploads under load. The first commit after a pause is uploaded at once.",
        ),
    ];
}
