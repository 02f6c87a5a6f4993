//! Official Litestream takes its flags with one dash (`-config x`), as Go programs do. Both ways work here.

use std::ffi::OsString;

/// Gives every flag of more than one letter its second dash, up to a lone `--`. Values are left alone as long as they
/// do not look like flags themselves, as in Go.
pub(crate) fn with_two_dashes(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut flags_ended = false;
    let lengthen = |argument: OsString| {
        flags_ended |= argument == "--";
        if !flags_ended && is_long_flag(&argument) {
            let mut lengthened = OsString::from("-");
            lengthened.push(argument);
            lengthened
        } else {
            argument
        }
    };
    arguments.into_iter().map(lengthen).collect()
}

fn is_long_flag(argument: &OsString) -> bool {
    let bytes = argument.as_encoded_bytes();
    matches!(bytes, [b'-', first, second, ..] if first.is_ascii_alphabetic() && *second != b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengthened(arguments: &[&str]) -> Vec<OsString> {
        with_two_dashes(arguments.iter().map(OsString::from))
    }

    #[test]
    fn long_flags_get_their_second_dash() {
        let arguments =
            ["litestream", "restore", "-config", "a.yml", "-o=x", "-o", "y", "-txid=1", "--json", "-", "db"];
        let expected =
            ["litestream", "restore", "--config", "a.yml", "-o=x", "-o", "y", "--txid=1", "--json", "-", "db"];
        assert_eq!(lengthened(&arguments), expected);
    }

    #[test]
    fn nothing_is_a_flag_after_two_lone_dashes() {
        assert_eq!(lengthened(&["restore", "--", "-odd.sqlite3"]), ["restore", "--", "-odd.sqlite3"]);
    }
}
