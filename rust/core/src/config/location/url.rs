//! The forms of a bucket's address: a name, `s3://bucket/prefix`, `s3://bucket.host:port/`, an access point, or a
//! provider's host name for a bucket. Forms and meanings are official Litestream's. The crate `url` reads neither
//! access points nor a bucket before a bracketed address, so only endpoint and query go through it.

use super::{address::S3Address, providers, query};

/// Reads a bucket name or an `s3://` URL. Errors never repeat the text, which may hold a secret.
pub fn parse(url_or_name: &str) -> Result<S3Address, String> {
    let text = url_or_name.trim();
    match text.split_once("://") {
        None => parse_name(text),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("s3") => parse_url(rest),
        Some(_) => {
            Err("only a bucket name or an s3:// URL can be used here; a server's address goes into the endpoint \
                        (LITESTREAM_REPLICA_ENDPOINT)"
                .into())
        }
    }
}

fn parse_name(name: &str) -> Result<S3Address, String> {
    if name.starts_with("arn:") {
        let region = region_of_arn(name)?;
        return Ok(S3Address { bucket: name.into(), region, ..S3Address::default() });
    }
    Ok(S3Address { bucket: checked_bucket(name)?, ..S3Address::default() })
}

/// `rest`: the text after `s3://`.
fn parse_url(rest: &str) -> Result<S3Address, String> {
    if rest.contains('#') {
        return Err("# has no meaning in an S3 URL; write %23 for one in the path".into());
    }
    let (location, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut address = if location.to_ascii_lowercase().starts_with("arn:") {
        access_point(location)?
    } else {
        let slash = location.find('/').unwrap_or(location.len());
        let (authority, path) = location.split_at(slash);
        if authority.contains('@') {
            return Err("credentials do not belong into a URL; set LITESTREAM_ACCESS_KEY_ID and \
                        LITESTREAM_SECRET_ACCESS_KEY"
                .into());
        }
        let mut address = providers::parse(authority)?;
        address.bucket = checked_bucket(&address.bucket)?;
        address.path = clean_path(&decode(path)?);
        address
    };
    query::apply(query, &mut address)?;
    Ok(address)
}

/// `arn:…:accesspoint/<name>`, then perhaps `/<path>`.
fn access_point(location: &str) -> Result<S3Address, String> {
    const MARKER: &str = ":accesspoint/";
    let name = location.to_ascii_lowercase().find(MARKER).map(|at| at + MARKER.len());
    let name = name.filter(|&at| !location[at..].is_empty() && !location[at..].starts_with('/'));
    let Some(name) = name else {
        return Err("an ARN must be one of an access point: arn:aws:s3:<region>:<account>:accesspoint/<name>".into());
    };
    let end = location[name..].find('/').map_or(location.len(), |slash| name + slash);
    let (bucket, path) = location.split_at(end);
    let path = clean_path(&decode(path)?);
    let path = if path == "." { String::new() } else { path };
    Ok(S3Address { bucket: bucket.into(), path, region: region_of_arn(bucket)?, ..S3Address::default() })
}

/// Global ARNs name no region.
fn region_of_arn(arn: &str) -> Result<Option<String>, String> {
    let region = arn.split(':').nth(3).ok_or("this ARN is too short to name a bucket")?;
    Ok((!region.is_empty()).then(|| region.to_owned()))
}

/// Looser than AWS's rules, since other stores are; strict enough to catch a URL or a path in the wrong place.
fn checked_bucket(name: &str) -> Result<String, String> {
    if name.is_empty() {
        return Err("it names no bucket".into());
    }
    match name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))) {
        None => Ok(name.into()),
        Some('/') => Err("a bucket name holds no slash; for a path inside it write s3://bucket/path".into()),
        Some(other) => Err(format!("a bucket name holds no {other:?}")),
    }
}

/// Resolves `.`, `..` and repeated slashes, and drops slashes at both ends. Empty stays distinct from `/`, because the
/// keys differ: `.` and an empty path.
fn clean_path(path: &str) -> String {
    if path.is_empty() {
        return ".".into();
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Resolves `%` escapes.
fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        let digits = escaped.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or("a % must be followed by two hex digits; write %25 for the sign itself")?);
        rest = &escaped[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(|_| "its escapes are not UTF-8".into())
}
