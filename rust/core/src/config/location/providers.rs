//! The host part of an S3 URL: a bucket, and the form of its provider.

use std::net::IpAddr;

use super::{address::S3Address, endpoint::endpoint};

/// A provider's form of a bucket's host: `<bucket>.<before><region><after>`.
struct HostForm {
    before: &'static str,
    /// The whole rest of the host where the provider has no regions.
    after: &'static str,
    has_region: bool,
    force_path_style: bool,
}

const HOST_FORMS: [HostForm; 5] = [
    HostForm { before: "", after: ".digitaloceanspaces.com", has_region: true, force_path_style: false },
    HostForm { before: "s3.", after: ".backblazeb2.com", has_region: true, force_path_style: true },
    HostForm { before: "s3.", after: ".scw.cloud", has_region: true, force_path_style: false },
    HostForm { before: "", after: ".linodeobjects.com", has_region: true, force_path_style: false },
    HostForm { before: "", after: ".s3.filebase.com", has_region: false, force_path_style: true },
];

/// Bucket, region, endpoint and style. The bucket is empty where the host names none.
pub(super) fn parse(host: &str) -> Result<S3Address, String> {
    if host.parse::<IpAddr>().is_ok() || host.rsplit_once(':').is_some_and(|(name, _)| name.parse::<IpAddr>().is_ok()) {
        return Err("the bucket comes before the host: s3://bucket.<address>:<port>/path".into());
    }
    if host.contains(':') {
        return beside_a_server(host);
    }
    let parsed = on_localhost(host).or_else(|| on_aws(host)).or_else(|| HOST_FORMS.iter().find_map(|p| at(p, host)));
    Ok(parsed.unwrap_or_else(|| S3Address { bucket: host.into(), ..S3Address::default() }))
}

/// `bucket.host:port`: plain HTTP unless the port is 443.
fn beside_a_server(host: &str) -> Result<S3Address, String> {
    let Some((bucket, server)) = host.split_once('.') else {
        return Err("the bucket comes before the host: s3://bucket.host:port/path".into());
    };
    let scheme = if server.ends_with(":443") { "https" } else { "http" };
    let endpoint = endpoint(&format!("{scheme}://{server}"))?;
    Ok(S3Address {
        bucket: bucket.into(),
        region: Some("us-east-1".into()),
        endpoint: Some(endpoint),
        force_path_style: Some(true),
        ..S3Address::default()
    })
}

fn on_localhost(host: &str) -> Option<S3Address> {
    let bucket = if host == "localhost" { "" } else { host.strip_suffix(".localhost")? };
    Some(S3Address {
        bucket: bucket.into(),
        region: Some("us-east-1".into()),
        endpoint: Some("http://localhost".into()),
        force_path_style: Some(true),
        ..S3Address::default()
    })
}

/// `bucket.s3.amazonaws.com`, `bucket.s3.<region>.amazonaws.com`
fn on_aws(host: &str) -> Option<S3Address> {
    let rest = host.strip_suffix(".amazonaws.com")?;
    let (bucket, region) = match rest.strip_suffix(".s3") {
        Some(bucket) => (bucket, None),
        None => {
            let (front, region) = rest.rsplit_once('.')?;
            (front.strip_suffix(".s3")?, Some(region.to_owned()))
        }
    };
    Some(S3Address { bucket: bucket.into(), region, force_path_style: Some(false), ..S3Address::default() })
}

fn at(provider: &HostForm, host: &str) -> Option<S3Address> {
    // A dot in front lets a host without a bucket match too: it is then reported as such.
    let dotted = format!(".{host}");
    let rest = dotted.strip_suffix(provider.after)?;
    let (front, region) = match provider.has_region {
        true => rest.rsplit_once('.').map(|(front, region)| (front, Some(region)))?,
        false => (rest, None),
    };
    let bucket = match provider.before.strip_suffix('.') {
        Some(label) => front.strip_suffix(label)?.strip_suffix('.')?,
        None => front,
    };
    let server = match region {
        Some(region) => format!("{}{region}{}", provider.before, provider.after),
        None => provider.after.trim_start_matches('.').into(),
    };
    Some(S3Address {
        bucket: bucket.trim_start_matches('.').into(),
        region: region.map(str::to_owned),
        endpoint: Some(format!("https://{server}")),
        force_path_style: Some(provider.force_path_style),
        ..S3Address::default()
    })
}
