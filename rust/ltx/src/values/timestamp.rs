//! RFC 3339 text for [`Timestamp`], by hand: the format needs nothing else of a calendar.

use std::{fmt, str::FromStr};

use super::{error::ValueError, types::Timestamp};

const DAY_MILLIS: i64 = 86_400_000;

/// Prints `2026-11-22T19:57:15.654Z`: UTC, without trailing zeros in the fraction. Years of more than four digits are
/// printed in full and cannot be parsed back.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, of_day) = (self.millis().div_euclid(DAY_MILLIS), self.millis().rem_euclid(DAY_MILLIS));
        let (year, month, day) = date_of(days);
        let (seconds, millis) = (of_day / 1000, of_day % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if millis != 0 {
            write!(f, ".{}", format!("{millis:03}").trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

impl FromStr for Timestamp {
    type Err = ValueError;

    /// Parses RFC 3339 with any offset and up to nine digits of fraction, truncated to milliseconds. A leap second is
    /// refused: Unix time has none.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        parse(text).ok_or_else(|| ValueError::BadTimestamp(text.chars().take(40).collect()))
    }
}

fn parse(text: &str) -> Option<Timestamp> {
    let mut rest = text.as_bytes();
    let year = number(&mut rest, 4)?;
    literal(&mut rest, b"-")?;
    let month = number(&mut rest, 2).filter(|month| (1..=12).contains(month))?;
    literal(&mut rest, b"-")?;
    let day = number(&mut rest, 2).filter(|day| (1..=days_in(year, month)).contains(day))?;
    literal(&mut rest, b"Tt")?;
    let hour = number(&mut rest, 2).filter(|hour| *hour < 24)?;
    literal(&mut rest, b":")?;
    let minute = number(&mut rest, 2).filter(|minute| *minute < 60)?;
    literal(&mut rest, b":")?;
    let second = number(&mut rest, 2).filter(|second| *second < 60)?;
    let millis = fraction(&mut rest)?;
    let offset = offset_minutes(&mut rest)?;
    let minutes = (days_before(year, month, day) * 24 + hour) * 60 + minute - offset;
    rest.is_empty().then(|| Timestamp::from_millis((minutes * 60 + second) * 1000 + millis))
}

/// Removes exactly `digits` digits.
fn number(rest: &mut &[u8], digits: usize) -> Option<i64> {
    let (head, tail) = rest.split_at_checked(digits)?;
    *rest = tail;
    head.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
}

/// Removes one byte out of `allowed`.
fn literal(rest: &mut &[u8], allowed: &[u8]) -> Option<u8> {
    let (&byte, tail) = rest.split_first().filter(|(byte, _)| allowed.contains(byte))?;
    *rest = tail;
    Some(byte)
}

/// Removes an optional fraction and returns its milliseconds.
fn fraction(rest: &mut &[u8]) -> Option<i64> {
    if literal(rest, b".").is_none() {
        return Some(0);
    }
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&digits) {
        return None;
    }
    Some(number(rest, digits)? * 1000 / 10i64.pow(digits as u32))
}

/// Removes an offset and returns it in minutes east of UTC.
fn offset_minutes(rest: &mut &[u8]) -> Option<i64> {
    let sign = match literal(rest, b"Zz+-")? {
        b'+' => 1,
        b'-' => -1,
        _ => return Some(0),
    };
    let hours = number(rest, 2).filter(|hours| *hours < 24)?;
    literal(rest, b":")?;
    let minutes = number(rest, 2).filter(|minutes| *minutes < 60)?;
    Some(sign * (hours * 60 + minutes))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// A year that begins on 1 March has its leap day at the end, so its months begin on the same days every year:
// month m (March = 0) on day (153 m + 2) / 5. Years repeat every 400 years, which are 146,097 days.
const ERA_DAYS: i64 = 146_097;
/// From 1 March of year 0 to 1 January 1970.
const EPOCH_DAYS: i64 = 719_468;

/// Days from 1970-01-01 to a date.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - EPOCH_DAYS
}

/// Year, month and day of a number of days since 1970-01-01.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH_DAYS;
    let (era, of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    // Subtract the leap days before it: one in 1,460 days, none at the end of a century, one at the end of the era.
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / (ERA_DAYS - 1)) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}
