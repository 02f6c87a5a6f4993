//! Timestamps in RFC 3339.

use ltx::{Timestamp, ValueError};
use proptest::prelude::*;

fn millis(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap_or_else(|error| panic!("{error}")).millis()
}

#[test]
fn the_time_between_two_moments_is_never_negative_and_never_too_long() {
    let at = Timestamp::from_millis;
    assert_eq!(at(1500).since(at(-500)).as_millis(), 2000);
    assert_eq!(at(-500).since(at(1500)).as_millis(), 0);
    assert_eq!(at(i64::MAX).since(at(i64::MIN)).as_millis(), i64::MAX as u128);
    assert_eq!(at(i64::MIN).since(at(i64::MAX)).as_millis(), 0);
}

#[test]
fn known_moments_are_printed_and_read_back() {
    for (text, expected) in [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.001Z", 1),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2000-02-29T12:00:00Z", 951_825_600_000),
        ("2000-03-01T00:00:00Z", 951_868_800_000),
        ("2026-01-01T00:00:00Z", 1_767_225_600_000),
        ("2038-01-19T03:14:08Z", 2_147_483_648_000),
        ("2100-02-28T23:59:59.9Z", 4_107_542_399_900),
        ("2100-03-01T00:00:00Z", 4_107_542_400_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ] {
        assert_eq!(millis(text), expected, "{text}");
        assert_eq!(Timestamp::from_millis(expected).to_string(), text);
    }
}

#[test]
fn trailing_zeros_of_the_fraction_are_not_printed() {
    for (of_second, fraction) in [(0, ""), (654, ".654"), (650, ".65"), (600, ".6"), (4, ".004"), (40, ".04")] {
        let text = format!("2026-11-22T19:57:15{fraction}Z");
        assert_eq!(Timestamp::from_millis(1_795_377_435_000 + of_second).to_string(), text);
    }
}

#[test]
fn what_is_finer_than_a_millisecond_is_cut_off() {
    for (fraction, expected) in
        [("6", 600), ("65", 650), ("654", 654), ("6549", 654), ("654321987", 654), ("000999999", 0), ("000000000", 0)]
    {
        assert_eq!(millis(&format!("1970-01-01T00:00:00.{fraction}Z")), expected, "{fraction}");
    }
    assert_eq!(millis("1969-12-31T23:59:59.9999Z"), -1);
}

#[test]
fn offsets_are_taken_into_account() {
    let utc = millis("2026-11-22T19:57:15.654Z");
    for text in [
        "2026-11-22T20:57:15.654+01:00",
        "2026-11-22T14:27:15.654-05:30",
        "2026-11-23T09:57:15.654+14:00",
        "2026-11-22T19:57:15.654+00:00",
        "2026-11-22T19:57:15.654-00:00",
        "2026-11-22t19:57:15.654z",
    ] {
        assert_eq!(millis(text), utc, "{text}");
    }
}

#[test]
fn anything_else_is_refused() {
    for text in [
        "",
        "2026-11-22",
        "2026-11-22T19:57:15",
        "2026-11-22T19:57Z",
        "2026-11-22 19:57:15Z",
        "2026-11-22T19:57:15.Z",
        "2026-11-22T19:57:15,5Z",
        "2026-11-22T19:57:15.1234567890Z",
        "2026-11-22T19:57:15Z ",
        " 2026-11-22T19:57:15Z",
        "2026-11-22T19:57:15+1:00",
        "2026-11-22T19:57:15+0100",
        "2026-11-22T19:57:15+24:00",
        "2026-11-22T19:57:15+00:60",
        "2026-1-22T19:57:15Z",
        "+026-11-22T19:57:15Z",
        "2026-00-22T19:57:15Z",
        "2026-13-22T19:57:15Z",
        "2026-11-00T19:57:15Z",
        "2026-11-31T19:57:15Z",
        "2026-02-29T19:57:15Z",
        "2100-02-29T19:57:15Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T19:60:15Z",
        "2026-11-22T19:57:60Z",
        "2026-11-22T19:57:15é",
        "２026-11-22T19:57:15Z",
    ] {
        assert!(matches!(text.parse::<Timestamp>(), Err(ValueError::BadTimestamp(_))), "{text}");
    }
}

/// Counts every day of four centuries, which is the whole cycle of the calendar.
#[test]
fn every_day_of_the_calendar_is_printed_in_turn() {
    let mut at = millis("1970-01-01T00:00:00Z");
    for year in 1970..2370 {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        for (month, days) in (1..).zip(lengths) {
            for day in 1..=days {
                let text = format!("{year}-{month:02}-{day:02}T00:00:00Z");
                assert_eq!(Timestamp::from_millis(at).to_string(), text);
                assert_eq!(millis(&text), at);
                at += 86_400_000;
            }
        }
    }
}

proptest! {
    #[test]
    fn any_moment_of_four_digit_years_is_read_back(at in -62_167_219_200_000i64..253_402_300_800_000) {
        prop_assert_eq!(millis(&Timestamp::from_millis(at).to_string()), at);
    }

    #[test]
    fn printing_never_fails(at: i64) {
        prop_assert!(Timestamp::from_millis(at).to_string().ends_with('Z'));
    }

    #[test]
    fn any_text_is_a_time_or_an_error(text in "[0-9T:.Z+-]{0,32}") {
        let _ = text.parse::<Timestamp>();
    }
}
