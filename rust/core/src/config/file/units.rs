//! Single values as Go and its YAML write them: durations, byte sizes, switches, counts. No message repeats the value:
//! it may be a secret under a wrong key.

use std::time::Duration;

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// `1s`, `24h`, `1h2m3.5s`, `500ms`, `0`.
pub(super) fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let text = text.trim();
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let refuse = || "is not a duration; write it like 500ms, 10s or 24h";
    let mut rest = text;
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| c != '.' && !c.is_ascii_digit()).ok_or_else(refuse)?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit = nanos_per(unit).ok_or_else(refuse)?;
        nanos = scaled(number, unit).and_then(|part| nanos.checked_add(part)).ok_or_else(refuse)?;
        rest = after;
    }
    // Go keeps nanoseconds in 63 bits.
    if text.is_empty() || nanos > i64::MAX as u128 {
        return Err(refuse());
    }
    Ok(Duration::new((nanos / NANOS_PER_SECOND) as u64, (nanos % NANOS_PER_SECOND) as u32))
}

/// [`parse_duration`] reads back the same value.
pub(super) fn format_duration(duration: Duration) -> String {
    let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
    if nanos > 0 {
        return match nanos % 1_000_000 {
            0 if seconds == 0 => format!("{}ms", nanos / 1_000_000),
            _ => format!("{seconds}.{}s", format!("{nanos:09}").trim_end_matches('0')),
        };
    }
    match seconds {
        seconds if seconds >= 3600 && seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds >= 60 && seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// `1024`, `5MiB`, `1.5 GB`; `K`, `M`, `G` count by 1000.
pub(super) fn parse_size(text: &str) -> Result<u64, &'static str> {
    let text = text.trim();
    let refuse = || "is not a size; write it like 1048576, 5MiB or 10MB";
    let end = text.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = bytes_per(unit.trim_start()).ok_or_else(refuse)?;
    let bytes = scaled(number, unit).filter(|&bytes| bytes <= i64::MAX as u128).ok_or_else(refuse)?;
    Ok(bytes as u64)
}

/// Every spelling that YAML 1.1, and so official Litestream, accepts.
pub(super) fn parse_switch(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" => Ok(true),
        "false" | "no" | "off" | "n" => Ok(false),
        _ => Err("is neither true nor false"),
    }
}

pub(super) fn parse_count(text: &str) -> Result<i64, &'static str> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    // YAML 1.1 reads 010 as eight, which no operator means.
    let plain = digits == "0" || !digits.starts_with('0');
    text.parse().ok().filter(|_| plain).ok_or("is not a whole number")
}

fn nanos_per(unit: &str) -> Option<u128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => NANOS_PER_SECOND,
        "m" => 60 * NANOS_PER_SECOND,
        "h" => 3600 * NANOS_PER_SECOND,
        _ => return None,
    })
}

fn bytes_per(unit: &str) -> Option<u128> {
    let unit = unit.to_ascii_lowercase();
    let letter = unit.trim_end_matches('b');
    let (letter, base) = match letter.strip_suffix('i') {
        Some(letter) => (letter, 1024u128),
        None => (letter, 1000),
    };
    let power = ["", "k", "m", "g", "t", "p", "e"].iter().position(|&known| known == letter)?;
    (unit.len() <= 3 && !unit.ends_with("bb") && unit != "i").then(|| base.pow(power as u32))
}

/// `number` (digits, perhaps with a fraction) times `unit`, rounded down.
fn scaled(number: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || fraction.len() > 18 {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let part = part.checked_mul(unit)? / 10u128.pow(fraction.len() as u32);
    whole.checked_mul(unit)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, nanos) in [
            ("0", 0),
            ("1s", 1_000_000_000),
            ("500ms", 500_000_000),
            ("1h2m3.5s", 3_723_500_000_000),
            (".5s", 500_000_000),
            ("1.000000001s", 1_000_000_001),
            ("3µs", 3_000),
        ] {
            assert_eq!(parse_duration(text).unwrap().as_nanos(), nanos, "{text}");
        }
        for text in ["", "10", "1", "s", "1x", "-1s", "1s2", "1..2s", "1 s", "99999999999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_written_so_that_they_read_back() {
        for nanos in [0, 1, 999, 1_000_000, 1_500_000_000, 86_400_000_000_000, 1_000_000_001] {
            let duration = Duration::from_nanos(nanos);
            assert_eq!(parse_duration(&format_duration(duration)).unwrap(), duration);
        }
        for (seconds, text) in [(0.5, "500ms"), (0.0, "0s"), (90.0, "90s"), (300.0, "5m"), (86_400.0, "24h")] {
            assert_eq!(format_duration(Duration::from_secs_f64(seconds)), text);
        }
    }

    #[test]
    fn sizes_know_both_kinds_of_kilo() {
        for (text, bytes) in
            [("10", 10), ("10B", 10), ("5MiB", 5 << 20), ("5mb", 5_000_000), ("1.5 GB", 1_500_000_000), ("2Ki", 2048)]
        {
            assert_eq!(parse_size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "MB", "5XB", "5bb", "-5", "5i", "5 M i B", "99999999999EB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn switches_and_counts() {
        assert!(parse_switch("Yes").unwrap() && parse_switch("on").unwrap() && !parse_switch("OFF").unwrap());
        assert!(parse_switch("1").is_err());
        assert_eq!(parse_count("-12").unwrap(), -12);
        assert!(parse_count("010").is_err() && parse_count("1.0").is_err());
    }
}
