//! Keys of a replica. Some may also be at the top of the file, as the default of every replica.

use super::unsupported;
use crate::config::{
    file::{
        entries::{ConfigFile, HasReplica},
        fields::{Always, Optional},
        forms::{COUNT, ENDPOINT, INTERVAL, PART_SIZE, SECRET, SWITCH, TEXT},
        section::{KeySpec, Section, keys},
    },
    location::settings::ReplicaSettings,
};

pub(super) const REPLICA: Section<ReplicaSettings> = Section {
    place: "a replica",
    keys: &[
        KEYS,
        SharedKeys::<ReplicaSettings>::ALL,
        unsupported::UnsupportedKeys::<ReplicaSettings>::OFFICIAL,
        unsupported::UnsupportedKeys::<ReplicaSettings>::OTHERS,
        unsupported::IN_REPLICA,
    ],
};

/// At the top of the file.
pub(super) const REPLICA_DEFAULTS: &[KeySpec<ConfigFile>] = SharedKeys::<ConfigFile>::ALL;

const KEYS: &[KeySpec<ReplicaSettings>] = keys! { ReplicaSettings:
    "type": Optional(TEXT, kind) shown("s3")
        "s3 or file. Without it a bucket means s3, and a path alone means file.";
    "path": Optional(TEXT, path) shown("my-app/production")
        "The path inside the bucket, or the directory of a file replica.";
    "url": Optional(TEXT, url) example("s3://backups/my-app/production")
        "Instead of type, bucket and path: s3://bucket/path, s3://bucket.host:port/path, a provider's host name, or \
         file:///directory.";
};

struct SharedKeys<T>(T);

impl<T: HasReplica> SharedKeys<T> {
    const ALL: &[KeySpec<T>] = keys! { T:
        "bucket": Optional(TEXT, settings().bucket) shown("$LITESTREAM_REPLICA_BUCKET")
        "The bucket: a name, an s3:// URL, or the ARN of an access point. Unless set: the variable \
         LITESTREAM_REPLICA_BUCKET.";
        "region": Optional(TEXT, settings().region) shown("us-east-1")
        "The region. Unless set: that of the URL, or the variable LITESTREAM_REPLICA_REGION, or us-east-1.";
        "endpoint": Optional(ENDPOINT, settings().endpoint) example("https://s3.example.com")
        "The address of a store that is not Amazon's. Without a scheme it is reached by HTTPS, a local or private \
         one by HTTP. Unless set: that of the URL, or the variable LITESTREAM_REPLICA_ENDPOINT.";
        "access-key-id": Optional(TEXT, settings().access_key_id) shown("$LITESTREAM_ACCESS_KEY_ID")
        "The id of the key. Unless set: the variable LITESTREAM_ACCESS_KEY_ID, or the usual sources of AWS \
         (variables, profile, instance role).";
        "secret-access-key": Optional(SECRET, settings().secret_access_key) shown("$LITESTREAM_SECRET_ACCESS_KEY")
        "The secret of the key. Unless set: the variable LITESTREAM_SECRET_ACCESS_KEY.";
        "force-path-style": Optional(SWITCH, settings().force_path_style) shown("false")
        "True puts the bucket into the path of requests, false into the host name. Unless set: true where there is \
         an endpoint, unless the URL has the form of a provider that wants it otherwise.";
        "skip-verify": Optional(SWITCH, settings().skip_verify) shown("false")
        "True accepts any TLS certificate: for tests against a server that signed its own.";
        "part-size": Optional(PART_SIZE, settings().part_size) shown("5MiB")
        "Size of the parts of a large upload, 5MiB at least.";
        "concurrency": Optional(COUNT, settings().concurrency) shown("5")
        "Parts of one upload that are sent at once.";
        "storage-class": Optional(TEXT, settings().storage_class) example("STANDARD_IA")
        "The storage class of uploaded files. Unless set: the bucket's.";
        "sync-interval": Always(INTERVAL, settings().sync_interval)
        "Least time between two uploads under load. The first commit after a pause is uploaded at once.";
    };
}
