//! What the host part of an S3 URL says: a bucket, and perhaps where it is.

use std::net::{IpAddr, Ipv6Addr};

use super::S3Address;
use crate::{Error, Result};

/// How a provider names a bucket's host: `<bucket>.<before><region><after>`.
struct Provider {
    before: &'static str,
    /// The whole rest of the host where the provider has no regions.
    after: &'static str,
    has_region: bool,
    force_path_style: bool,
}

const PROVIDERS: [Provider; 5] = [
    Provider { before: "", after: ".digitaloceanspaces.com", has_region: true, force_path_style: false },
    Provider { before: "s3.", after: ".backblazeb2.com", has_region: true, force_path_style: true },
    Provider { before: "s3.", after: ".scw.cloud", has_region: true, force_path_style: false },
    Provider { before: "", after: ".linodeobjects.com", has_region: true, force_path_style: false },
    Provider { before: "", after: ".s3.filebase.com", has_region: false, force_path_style: true },
];

/// Bucket, region, endpoint and style. The bucket is empty where the host names none.
pub(super) fn parse(host: &str) -> Result<S3Address, String> {
    if host.parse::<IpAddr>().is_ok() || host.rsplit_once(':').is_some_and(|(name, _)| name.parse::<IpAddr>().is_ok()) {
        return Err("the bucket comes before the host: s3://bucket.<address>:<port>/path".into());
    }
    if host.contains(':') {
        return beside_a_server(host);
    }
    let parsed = on_localhost(host).or_else(|| on_aws(host)).or_else(|| PROVIDERS.iter().find_map(|p| at(p, host)));
    Ok(parsed.unwrap_or_else(|| S3Address { bucket: host.into(), ..S3Address::default() }))
}

/// `bucket.host:port`: plain HTTP unless the port is 443.
fn beside_a_server(host: &str) -> Result<S3Address, String> {
    let Some((bucket, server)) = host.split_once('.') else {
        return Err("the bucket comes before the host: s3://bucket.host:port/path".into());
    };
    let scheme = if server.ends_with(":443") { "https" } else { "http" };
    let endpoint = check_endpoint(&format!("{scheme}://{server}"))?;
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

fn at(provider: &Provider, host: &str) -> Option<S3Address> {
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

/// The address of an S3 server as a setting or variable gives it, with scheme and without trailing slash. Without a
/// scheme a local or private address means HTTP, any other HTTPS.
pub fn endpoint(text: &str) -> Result<String> {
    let text = text.trim();
    let with_scheme = match text.split_once("://") {
        Some(_) => text.to_owned(),
        None if is_local(host_of(text)) => format!("http://{text}"),
        None => format!("https://{text}"),
    };
    check_endpoint(&with_scheme).map_err(|problem| {
        let place = if text.contains('@') { "endpoint".into() } else { format!("endpoint {text}") };
        Error::Config { place, problem }
    })
}

fn check_endpoint(url: &str) -> Result<String, String> {
    let Some((scheme, rest)) = url.split_once("://") else { return Err("it has no scheme".into()) };
    let rest = rest.trim_end_matches('/');
    let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return Err("an endpoint begins with http:// or https://".into());
    }
    if authority.contains('@') {
        return Err("credentials do not belong into an endpoint".into());
    }
    if rest.contains(['?', '#', ' ']) || host_of(authority).is_empty() {
        return Err("an endpoint is http(s)://host, perhaps with :port".into());
    }
    let port = authority[host_of(authority).len()..].trim_start_matches(']').strip_prefix(':');
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err("its port is no number up to 65535".into());
    }
    Ok(format!("{}://{rest}", scheme.to_ascii_lowercase()))
}

/// The host of `host:port/path`; of a bracketed address all before the closing bracket.
fn host_of(text: &str) -> &str {
    let authority = text.split('/').next().unwrap_or(text);
    let end = match authority.starts_with('[') {
        true => authority.find(']'),
        false => authority.find(':'),
    };
    &authority[..end.unwrap_or(authority.len())]
}

fn is_local(host: &str) -> bool {
    match host.trim_start_matches('[').parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
        Ok(IpAddr::V6(address)) => address == Ipv6Addr::LOCALHOST,
        Err(_) => host == "localhost" || host.ends_with(".localhost") || host.ends_with(".local"),
    }
}
