//! The known name that a mistyped one most likely means.

/// The nearest of `known`: equal but for case and separators, else at most two letters off.
pub(super) fn suggestion(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let folded = fold(name);
    known
        .map(|candidate| (distance(&folded, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= 2 && distance * 2 < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn fold(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Levenshtein's, one row at a time.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested() {
        let suggest = |name| suggestion(name, ["sync-interval", "path", "bucket", "url", "access-key-id"].into_iter());
        assert_eq!(suggest("syncinterval"), Some("sync-interval"));
        assert_eq!(suggest("access_key_id"), Some("access-key-id"));
        assert_eq!(suggest("bukcet"), Some("bucket"));
        assert_eq!(suggest("paths"), Some("path"));
        assert_eq!(suggest("retention"), None);
        assert_eq!(suggest("x"), None);
    }
}
