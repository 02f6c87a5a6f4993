//! The address of an S3 server, from a setting or variable.

use url::{Host, ParseError, Url};

/// With scheme and without trailing slash. Without a scheme a local or private address means HTTP, any other HTTPS.
pub fn endpoint(text: &str) -> Result<String, String> {
    const EXPECTED: &str = "an endpoint is http(s)://host, perhaps with :port";
    let text = text.trim();
    let with_scheme = match text.split_once("://") {
        Some(_) => text.to_owned(),
        None if is_local(text) => format!("http://{text}"),
        None => format!("https://{text}"),
    };
    let url = Url::parse(&with_scheme).map_err(|error| match error {
        ParseError::InvalidPort => "its port is no number up to 65535",
        _ => EXPECTED,
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("an endpoint begins with http:// or https://".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("credentials do not belong into an endpoint".into());
    }
    // As it is written: `url` would drop a default port and add a path.
    match with_scheme.split_once("://") {
        Some((_, rest))
            if !rest.starts_with('/') && !rest.contains(['?', '#', '@']) && !rest.contains(char::is_whitespace) =>
        {
            Ok(format!("{}://{}", url.scheme(), rest.trim_end_matches('/')))
        }
        _ => Err(EXPECTED.into()),
    }
}

fn is_local(address: &str) -> bool {
    let url = Url::parse(&format!("http://{address}"));
    match url.as_ref().map(Url::host) {
        Ok(Some(Host::Ipv4(address))) => address.is_loopback() || address.is_private(),
        Ok(Some(Host::Ipv6(address))) => address.is_loopback(),
        Ok(Some(Host::Domain(name))) => name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local"),
        Ok(None) | Err(_) => false,
    }
}
