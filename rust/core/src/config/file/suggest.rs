//! Hints for unknown keys: a misspelling, a key of another section, a key of Litestream v0.3.

use super::{
    findings::Findings,
    outline::{FieldOutline, SectionOutline},
    reader::{UnknownKey, join},
    yaml::MappingEntry,
};

/// Longest name to print: no key is longer, but most secrets are.
const LONGEST_NAME: usize = 32;

/// A name may be completed where it has at least this many letters.
const SHORTEST_BEGINNING: usize = 5;

/// Reports unknown keys with the best hint there is. `top` is the outline of the whole file.
pub(super) fn report(unknown: Vec<UnknownKey>, top: &SectionOutline, findings: &mut Findings) {
    for UnknownKey { path, entry, known } in unknown {
        let misspelt = nearest(&entry.name, &known);
        if path.is_empty() && is_helper(&entry, misspelt.is_some()) {
            continue;
        }
        let hint = misplaced(&entry, top).or(misspelt.map(|known| format!("did you mean {known}?")));
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        findings.mistake_at(entry.at, join(&path, printable(&entry.name)), format!("unknown key{hint}"));
    }
}

/// True for a key at the top that only holds YAML anchors: `x-…`, or one whose value is an anchor.
fn is_helper(entry: &MappingEntry, is_misspelt: bool) -> bool {
    entry.name.starts_with("x-") || (!is_misspelt && entry.value.holds_only_anchors())
}

fn misplaced(entry: &MappingEntry, top: &SectionOutline) -> Option<String> {
    let (mut places, mut advice) = (Vec::new(), None);
    for section in top.all() {
        match section.find(&entry.name).map(|key| &key.field) {
            None | Some(FieldOutline::Refused { .. }) => {}
            Some(FieldOutline::NoEffect(key)) => advice = Some(key.advice(&entry.value)),
            Some(_) if places.contains(&section.place) => {}
            Some(_) => places.push(section.place),
        }
    }
    if places.is_empty() { advice } else { Some(format!("it belongs in {}", places.join(" or "))) }
}

/// The known key that differs only in case and separators, or in at most two letters (a swap counts as one). Otherwise
/// the key that begins with `name`.
fn nearest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let folded = fold(name);
    let distances = known.iter().map(|known| (strsim::damerau_levenshtein(&folded, &fold(known)), *known));
    let near = distances.filter(|(distance, known)| *distance <= 2 && distance * 2 < known.len());
    let beginning = || known.iter().find(|known| name.len() >= SHORTEST_BEGINNING && known.starts_with(name)).copied();
    near.min_by_key(|(distance, _)| *distance).map(|(_, known)| known).or_else(beginning)
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The name, unless it looks like a value.
fn printable(name: &str) -> &str {
    let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if is_word && name.len() <= LONGEST_NAME { name } else { "(not shown)" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        let known = ["sync-interval", "path", "type", "bucket", "url", "access-key-id", "secret-access-key"];
        for (name, expected) in [
            ("syncinterval", Some("sync-interval")),
            ("access_key_id", Some("access-key-id")),
            ("bukcet", Some("bucket")),
            ("paths", Some("path")),
            ("paht", Some("path")),
            ("tpye", Some("type")),
            ("secret-access", Some("secret-access-key")),
            ("retention", None),
            ("x", None),
        ] {
            assert_eq!(nearest(name, &known), expected, "{name}");
        }
    }

    #[test]
    fn a_name_that_looks_like_a_value_is_not_shown() {
        assert_eq!(printable("l0-retention-check-interval"), "l0-retention-check-interval");
        assert_eq!(printable("wJalrXUtnFEMI/K7MDENG"), "(not shown)");
        assert_eq!(printable(&"a".repeat(40)), "(not shown)");
    }
}
