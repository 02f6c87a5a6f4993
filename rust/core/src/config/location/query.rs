//! Options after the `?` of an S3 URL.

use url::form_urlencoded;

use super::{address::S3Address, endpoint::endpoint};

/// Adds the query's options to the address; they win over those of the host. Both spellings of an option are read
/// (`skip-verify`, `skipVerify`); an unknown one is refused.
pub(super) fn apply(query: &str, address: &mut S3Address) -> Result<(), String> {
    let mut path_style = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let (name, value) = (kebab(&name), value.into_owned());
        match name.as_str() {
            "endpoint" => {
                address.endpoint = Some(endpoint(&value)?);
                address.force_path_style = Some(true);
                address.region.get_or_insert_with(|| "us-east-1".into());
            }
            "region" => address.region = Some(value),
            "force-path-style" => path_style = Some(switch(&name, &value)?),
            "skip-verify" => address.skip_verify = Some(switch(&name, &value)?),
            "concurrency" => address.concurrency = Some(positive(&name, &value)?),
            "part-size" => address.part_size = Some(positive(&name, &value)?),
            "storage-class" => address.storage_class = Some(value),
            "sign-payload" | "require-content-md5" => {
                switch(&name, &value)?;
                address.ignored.insert(name, value);
            }
            // Their values are secrets. Ignoring them would store in the clear what the operator wants encrypted.
            _ if name.starts_with("sse-") => return Err(format!("{name} is not supported")),
            _ => return Err("the URL has an unknown option".into()),
        }
    }
    // An explicit path style wins, in whichever order the options come.
    address.force_path_style = path_style.or(address.force_path_style);
    Ok(())
}

/// `forcePathStyle` as `force-path-style`.
fn kebab(name: &str) -> String {
    let name = name.replace("MD5", "Md5").replace("KMS", "Kms");
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}

fn switch(name: &str, value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "t" | "yes" => Ok(true),
        "false" | "0" | "f" | "no" => Ok(false),
        _ => Err(format!("{name} is true or false")),
    }
}

fn positive<T: std::str::FromStr + Default + PartialEq>(name: &str, value: &str) -> Result<T, String> {
    let number = value.parse().ok().filter(|number| *number != T::default());
    number.ok_or_else(|| format!("{name} is a number from 1 up"))
}
