#![allow(clippy::unwrap_used)]
use super::{address::S3Address, endpoint::endpoint, url::parse};

fn address(bucket: &str, path: &str) -> S3Address {
    S3Address { bucket: bucket.into(), path: path.into(), ..S3Address::default() }
}

fn hosted(bucket: &str, path: &str, region: Option<&str>, endpoint: &str, path_style: bool) -> S3Address {
    S3Address {
        region: region.map(str::to_owned),
        endpoint: Some(endpoint.into()),
        force_path_style: Some(path_style),
        ..address(bucket, path)
    }
}

#[track_caller]
fn assert_parses(text: &str, expected: S3Address) {
    assert_eq!(parse(text).unwrap(), expected, "{text}");
}

#[track_caller]
fn refusal(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn a_bare_name_is_a_bucket() {
    assert_parses("mybkt", address("mybkt", ""));
    assert_parses("  mybkt\n", address("mybkt", ""));
    assert_parses("My_old.bucket-1", address("My_old.bucket-1", ""));
}

#[test]
fn paths_are_cleaned_as_the_official_ones() {
    for (url, path) in [
        ("s3://b", "."),
        ("s3://b/", ""),
        ("s3://b/a", "a"),
        ("s3://b/a/", "a"),
        ("s3://b//a//c/", "a/c"),
        ("s3://b/a/./x/../c", "a/c"),
        ("s3://b/../a", "a"),
        ("s3://b/.", ""),
        ("s3://b/a%20b+c%2Bd/%C3%A9", "a b+c+d/é"),
        ("s3://b/production.sqlite3", "production.sqlite3"),
        ("S3://b/A", "A"),
    ] {
        assert_parses(url, address("b", path));
    }
}

#[test]
fn no_path_in_either_way_joins_as_an_empty_prefix() {
    for (url, prefix) in [("s3://b", ""), ("s3://b/", ""), ("b", ""), ("s3://b/a/c", "a/c")] {
        assert_eq!(parse(url).unwrap().prefix(), prefix);
    }
}

#[test]
fn a_bucket_before_host_and_port_is_a_server_with_path_style() {
    let local = "http://localhost:9000";
    assert_parses("s3://mybkt.localhost:9000/", hosted("mybkt", "", Some("us-east-1"), local, true));
    assert_parses("s3://mybkt.localhost:9000", hosted("mybkt", ".", Some("us-east-1"), local, true));
    assert_parses("s3://mybkt.localhost:9000/a/b", hosted("mybkt", "a/b", Some("us-east-1"), local, true));
    assert_parses("s3://b.127.0.0.1:9000/", hosted("b", "", Some("us-east-1"), "http://127.0.0.1:9000", true));
    assert_parses("s3://b.[::1]:9000/", hosted("b", "", Some("us-east-1"), "http://[::1]:9000", true));
    assert_parses(
        "s3://b.minio.example.org:9000/x",
        hosted("b", "x", Some("us-east-1"), "http://minio.example.org:9000", true),
    );
    assert_parses(
        "s3://b.minio.example.com:443/x",
        hosted("b", "x", Some("us-east-1"), "https://minio.example.com:443", true),
    );
    assert_parses("s3://b.localhost/", hosted("b", "", Some("us-east-1"), "http://localhost", true));
}

#[test]
fn amazon_host_names_give_bucket_and_region() {
    let aws = |bucket: &str, region: Option<&str>| S3Address {
        region: region.map(str::to_owned),
        force_path_style: Some(false),
        ..address(bucket, "db")
    };
    assert_parses("s3://b.s3.amazonaws.com/db", aws("b", None));
    assert_parses("s3://b.s3.eu-west-1.amazonaws.com/db", aws("b", Some("eu-west-1")));
    assert_parses("s3://my.dotted.b.s3.eu-west-1.amazonaws.com/db", aws("my.dotted.b", Some("eu-west-1")));
}

#[test]
fn provider_host_names_give_bucket_region_endpoint_and_style() {
    assert_parses(
        "s3://b.nyc3.digitaloceanspaces.com/db",
        hosted("b", "db", Some("nyc3"), "https://nyc3.digitaloceanspaces.com", false),
    );
    assert_parses(
        "s3://b.s3.us-west-002.backblazeb2.com/db",
        hosted("b", "db", Some("us-west-002"), "https://s3.us-west-002.backblazeb2.com", true),
    );
    assert_parses(
        "s3://b.s3.fr-par.scw.cloud/db",
        hosted("b", "db", Some("fr-par"), "https://s3.fr-par.scw.cloud", false),
    );
    assert_parses(
        "s3://b.us-east-1.linodeobjects.com/db",
        hosted("b", "db", Some("us-east-1"), "https://us-east-1.linodeobjects.com", false),
    );
    assert_parses("s3://b.s3.filebase.com/db", hosted("b", "db", None, "https://s3.filebase.com", true));
    assert_parses(
        "s3://a.b.nyc3.digitaloceanspaces.com/",
        hosted("a.b", "", Some("nyc3"), "https://nyc3.digitaloceanspaces.com", false),
    );
}

#[test]
fn an_access_point_is_its_own_bucket() {
    let arn = "arn:aws:s3:us-west-2:123456789012:accesspoint/mine";
    let expected = |path: &str| S3Address { region: Some("us-west-2".into()), ..address(arn, path) };
    assert_parses(arn, expected(""));
    assert_parses(&format!("s3://{arn}"), expected(""));
    assert_parses(&format!("s3://{arn}/"), expected(""));
    assert_parses(&format!("s3://{arn}/a/b/"), expected("a/b"));
    assert!(refusal("s3://arn:aws:s3:us-west-2:123456789012:accesspoint/").contains("access point"));
    assert!(refusal("s3://arn:aws:s3:::bucket").contains("access point"));
}

#[test]
fn a_query_completes_the_host_and_wins_over_it() {
    let url = "s3://b/db?endpoint=minio.example.com%3A9000&region=eu&skipVerify=true&concurrency=3\
               &part-size=10485760&storageClass=STANDARD_IA&sign-payload=false&requireContentMD5=false";
    let parsed = parse(url).unwrap();
    assert_eq!(
        parsed,
        S3Address {
            skip_verify: Some(true),
            concurrency: Some(3),
            part_size: Some(10 << 20),
            storage_class: Some("STANDARD_IA".into()),
            ignored: [("sign-payload", "false"), ("require-content-md5", "false")]
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            ..hosted("b", "db", Some("eu"), "https://minio.example.com:9000", true)
        }
    );
    for url in ["s3://b?forcePathStyle=false&endpoint=http://h:1", "s3://b?endpoint=http://h:1&force-path-style=false"]
    {
        assert_parses(url, hosted("b", ".", Some("us-east-1"), "http://h:1", false));
    }
}

#[test]
fn endpoints_get_a_scheme_and_lose_their_slash() {
    for (text, url) in [
        ("http://localhost:9000", "http://localhost:9000"),
        ("http://localhost:9000/", "http://localhost:9000"),
        ("HTTPS://s3.example.com", "https://s3.example.com"),
        ("localhost:9000", "http://localhost:9000"),
        ("minio.local", "http://minio.local"),
        ("127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("10.1.2.3", "http://10.1.2.3"),
        ("172.20.1.1:9000", "http://172.20.1.1:9000"),
        ("172.32.1.1:9000", "https://172.32.1.1:9000"),
        ("192.168.1.1:9000", "http://192.168.1.1:9000"),
        ("[::1]:9000", "http://[::1]:9000"),
        ("fly.storage.tigris.dev", "https://fly.storage.tigris.dev"),
        ("https://project.supabase.co/storage/v1/s3", "https://project.supabase.co/storage/v1/s3"),
    ] {
        assert_eq!(endpoint(text).unwrap(), url);
    }
    for text in ["", "ftp://host", "http://", "http://a b", "localhost:x", "localhost:99999", "https://host?x=1"] {
        assert!(endpoint(text).is_err(), "{text}");
    }
}

#[test]
fn a_url_that_cannot_be_meant_is_refused_with_advice() {
    for (text, advice) in [
        ("", "names no bucket"),
        ("s3://", "names no bucket"),
        ("s3:///path", "names no bucket"),
        ("s3://nyc3.digitaloceanspaces.com/db", "names no bucket"),
        ("s3://s3.filebase.com/db", "names no bucket"),
        ("s3://localhost/db", "names no bucket"),
        ("s3://localhost:9000/b", "the bucket comes before the host"),
        ("s3://127.0.0.1:9000/b", "the bucket comes before the host"),
        ("s3://b.localhost:port/", "its port is no number"),
        ("mybkt/prefix", "s3://bucket/path"),
        ("https://s3.example.com/b", "LITESTREAM_REPLICA_ENDPOINT"),
        ("my bucket", "holds no ' '"),
        ("s3://b/%zz", "two hex digits"),
        ("s3://b/%é1", "two hex digits"),
        ("s3://b/%ff", "not UTF-8"),
        ("s3://b/a#b", "%23"),
        ("s3://b?typo=1", "unknown option"),
        ("s3://b?skip-verify=maybe", "true or false"),
        ("s3://b?part-size=0", "from 1 up"),
        ("s3://b?endpoint=ftp://h", "http:// or https://"),
    ] {
        let message = refusal(text);
        assert!(message.contains(advice), "{text}: {message}");
    }
}

#[test]
fn secrets_are_refused_without_being_repeated() {
    for text in [
        "s3://KEYID:hunter2@bucket/path",
        "s3://bucket/path?sse-customer-key=hunter2",
        "s3://bucket/path?secret-access-key=hunter2",
        "s3://bucket?endpoint=http://user:hunter2@host",
        "s3://bucket?hunter2=x",
        "hunter2/K7MDENG",
        "hunter2:x",
    ] {
        let message = refusal(text);
        assert!(!message.contains("hunter2"), "{message}");
    }
}
