//! Classifies a body: a possible answer of S3, or something else with a name.

/// Levels of elements; S3's answers have up to four.
const MAX_DEPTH: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyContent {
    Empty,
    /// Complete, and no deeper than S3's.
    Xml,
    CutXml,
    DeepXml,
    Html,
    Json,
    Text,
}

impl BodyContent {
    pub(crate) fn of(body: &[u8]) -> Self {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii();
        match body.first() {
            None => BodyContent::Empty,
            Some(b'{' | b'[') => BodyContent::Json,
            Some(b'<') => of_markup(body),
            Some(_) => BodyContent::Text,
        }
    }

    /// The problem with the answer as a clause. Complete XML counts as another server's.
    pub(crate) fn problem(self) -> &'static str {
        match self {
            BodyContent::Empty => "the answer is empty",
            BodyContent::Xml => "the answer is XML, but none of S3's",
            BodyContent::CutXml => "the answer is XML that breaks off",
            BodyContent::DeepXml => "the answer is XML nested deeper than any of S3's",
            BodyContent::Html => "the answer is HTML, not S3's XML",
            BodyContent::Json => "the answer is JSON, not S3's XML",
            BodyContent::Text => "the answer is text, not S3's XML",
        }
    }
}

fn of_markup(body: &[u8]) -> BodyContent {
    let Some(root) = root(body) else { return BodyContent::CutXml };
    if root.eq_ignore_ascii_case(b"html") {
        return BodyContent::Html;
    }
    match depth(body) {
        depth if depth > MAX_DEPTH => BodyContent::DeepXml,
        _ if !is_closed(body, root) => BodyContent::CutXml,
        _ => BodyContent::Xml,
    }
}

/// Name of the first element; that of a document type, if there is one, as in `<!DOCTYPE html>`.
fn root(body: &[u8]) -> Option<&[u8]> {
    let mut rest = body;
    loop {
        let at = rest.iter().position(|&byte| byte == b'<')?;
        rest = &rest[at + 1..];
        let end: &[u8] = match rest {
            [b'?', ..] => b"?>",
            [b'!', b'-', b'-', ..] => b"-->",
            [b'!', ..] => return rest.split(u8::is_ascii_whitespace).nth(1).map(name),
            _ => return Some(name(rest)),
        };
        rest = &rest[find(rest, end)? + end.len()..];
    }
}

/// The characters up to the end of a name.
fn name(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'['));
    &text[..end.unwrap_or(text.len())]
}

/// True if the end tag of `root`, or a tag that closes itself, comes last.
fn is_closed(body: &[u8], root: &[u8]) -> bool {
    let Some(body) = body.strip_suffix(b">").map(<[u8]>::trim_ascii_end) else { return false };
    let end = body.strip_suffix(root).is_some_and(|before| before.ends_with(b"</"));
    end || body.ends_with(b"/")
}

/// The most elements that are open at once.
fn depth(body: &[u8]) -> usize {
    let (mut open, mut most) = (0usize, 0);
    for part in body.split(|&byte| byte == b'>') {
        let Some(at) = part.iter().position(|&byte| byte == b'<') else { continue };
        match &part[at + 1..] {
            [] | [b'?' | b'!', ..] | [.., b'/'] => {}
            [b'/', ..] => open = open.saturating_sub(1),
            _ => open += 1,
        }
        most = most.max(open);
    }
    most
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_known_for_what_they_are() {
        let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        for (body, content) in [
            ("", BodyContent::Empty),
            (" \r\n", BodyContent::Empty),
            (
                "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/\"><Name>b</Name></ListBucketResult>",
                BodyContent::Xml,
            ),
            ("\u{feff}<a/>\n", BodyContent::Xml),
            ("<a><b/><c x='/'>1</c></a >", BodyContent::Xml),
            ("<!-- html --><a></a>", BodyContent::Xml),
            ("<a><b></a", BodyContent::CutXml),
            ("<a><b></b>", BodyContent::CutXml),
            ("<", BodyContent::CutXml),
            ("<?xml", BodyContent::CutXml),
            ("<html><body>Log in</body></html>", BodyContent::Html),
            ("<!-- portal -->\n<!DOCTYPE HTML PUBLIC \"-//W3C//DTD\"><head>", BodyContent::Html),
            ("<!doctype html>", BodyContent::Html),
            ("{\"error\": 1}", BodyContent::Json),
            ("no such page", BodyContent::Text),
        ] {
            assert_eq!(BodyContent::of(body.as_bytes()), content, "{body}");
            if content == BodyContent::Xml || content == BodyContent::CutXml {
                let declared = format!("{declaration}{}", body.trim_start_matches('\u{feff}'));
                assert_eq!(BodyContent::of(declared.as_bytes()), content, "{declared}");
            }
        }
        let nested = |depth| ["<a>".repeat(depth), "</a>".repeat(depth)].concat();
        assert_eq!(BodyContent::of(nested(MAX_DEPTH).as_bytes()), BodyContent::Xml);
        assert_eq!(BodyContent::of(nested(1_000_000).as_bytes()), BodyContent::DeepXml);
    }
}
