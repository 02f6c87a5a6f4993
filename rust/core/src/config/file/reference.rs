//! The reference: the table of keys as a commented file (`config/docs/litestream.yml`) and as a page
//! (`docs/configuration.md`).

use super::{
    entries::File,
    keys::TOP,
    outline::{FieldOutline, KeyOutline, SectionOutline},
};

/// In characters.
const WIDTH: usize = 100;

const INTRODUCTION: &str = "\
# Every key of litestream.yml, with its meaning and its default. This is a whole file: with the keys that are set here
# it means the same as without all of them but path and replica. Keys that are commented out say something else.
#
# A duration is written 500ms, 10s, 5m or 24h. A size is a number of bytes, or 64KiB, 5MiB, 10MB. A dollar sign before a
# name stands for a variable of the environment, anywhere in the file. A Rails application evaluates ERB first.
#
# Every key of a replica but type, path and url can also stand at the top, as the default of all replicas. A key at the
# top that begins with x-, or whose value is only a YAML anchor, is left alone.
";

/// The commented file.
pub fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    write_keys(&mut text, &keys_of_top(), 0);
    text
}

/// All but the keys of a replica, which are described there.
fn keys_of_top() -> Vec<KeyOutline> {
    let top = TOP.outline(&mut File::default());
    let replica = top.all().into_iter().find(|section| section.find("url").is_some()).cloned();
    let is_own = |key: &KeyOutline| {
        let of_replica = replica.as_ref().and_then(|replica| replica.find(key.name));
        of_replica.is_none_or(|of_replica| of_replica.doc != key.doc)
    };
    top.keys.into_iter().filter(is_own).collect()
}

fn write_keys(text: &mut String, keys: &[KeyOutline], indent: usize) {
    let mut first = indent > 0;
    for (names, meaning, key) in lines(keys) {
        if !std::mem::take(&mut first) {
            text.push('\n');
        }
        match key {
            Some(key) => write_key(text, key, indent),
            None => comment(text, indent, &format!("{names}: {meaning}")),
        }
    }
}

fn write_key(text: &mut String, key: &KeyOutline, indent: usize) {
    let (name, doc, start) = (key.name, key.doc, " ".repeat(indent));
    match &key.field {
        FieldOutline::Value { form, .. } => {
            comment(text, indent, &format!("{doc} Value: {form}."));
            let value = value(key);
            let hash = if key.is_shown { "" } else { "# " };
            text.push_str(&format!("{start}{hash}{name}: {value}\n"));
        }
        FieldOutline::List(_) if !key.is_shown => {
            comment(text, indent, doc);
            text.push_str(&format!("{start}# {name}: {}\n", key.example));
        }
        FieldOutline::List(section) => {
            comment(text, indent, doc);
            text.push_str(&format!("{start}{name}:\n{start}  -\n"));
            write_keys(text, &section.keys, indent + 4);
            if !key.example.is_empty() {
                text.push_str(&format!("{}\n", key.example));
            }
        }
        FieldOutline::Section(section) => {
            comment(text, indent, doc);
            text.push_str(&format!("{start}{}{name}:\n", if has_effect(section) { "" } else { "# " }));
            write_keys(text, &section.keys, indent + 2);
        }
        _ => {}
    }
}

fn has_effect(section: &SectionOutline) -> bool {
    section.keys.iter().any(|key| matches!(key.field, FieldOutline::Value { .. }))
}

/// Keys in their order. Without the key where we do not act on it: then its name, those of neighbours that share the
/// meaning, and the meaning.
fn lines(keys: &[KeyOutline]) -> Vec<(String, String, Option<&KeyOutline>)> {
    let mut lines: Vec<(String, String, Option<&KeyOutline>)> = Vec::new();
    for key in keys {
        let name = format!("`{}`", key.name);
        let meaning = match &key.field {
            FieldOutline::Official { form } => {
                format!("{} Value: {form}. Only the official executable acts on it.", key.doc)
            }
            FieldOutline::NoEffect(key) => format!("No effect: {}.", key.reason),
            FieldOutline::Refused { reason } => format!("Refused: {reason}."),
            FieldOutline::Value { .. } | FieldOutline::Section(_) | FieldOutline::List(_) => {
                lines.push((name, String::new(), Some(key)));
                continue;
            }
        };
        match lines.last_mut() {
            Some((names, known, None)) if *known == meaning => names.push_str(&format!(", {name}")),
            _ => lines.push((name, meaning, None)),
        }
    }
    lines
}

fn comment(text: &mut String, indent: usize, sentence: &str) {
    let mut line = format!("{}#", " ".repeat(indent));
    for word in sentence.split_whitespace() {
        if line.chars().count() + word.chars().count() + 1 > WIDTH {
            text.push_str(&format!("{line}\n"));
            line = format!("{}#", " ".repeat(indent));
        }
        line.push_str(&format!(" {word}"));
    }
    text.push_str(&format!("{line}\n"));
}

/// The page.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Configuration\n\nThe keys of `litestream.yml`, as `litestream config docs -markdown` prints them. `litestream config docs` prints \
         a whole file with all of them, and `litestream config check FILE` lists the mistakes of one.\n\n",
    );
    for line in INTRODUCTION.lines().skip(3) {
        text.push_str(line.trim_start_matches('#').trim_start());
        text.push('\n');
    }
    write_page(&mut text, "At the top", &keys_of_top());
    text
}

fn write_page(text: &mut String, title: &str, keys: &[KeyOutline]) {
    let (acted, others): (Vec<_>, Vec<_>) = lines(keys).into_iter().partition(|(.., key)| key.is_some());
    text.push_str(&format!("\n## {title}\n"));
    if !acted.is_empty() {
        text.push_str("\n| key | value | default or example | meaning |\n|---|---|---|---|\n");
    }
    for (name, _, key) in &acted {
        let Some(key) = key else { continue };
        let (value, shown) = match &key.field {
            FieldOutline::Section(section) => ("a mapping", format!("see *{}*", section.place)),
            FieldOutline::List(section) => ("a list", format!("see *{}*", section.place)),
            field => (form(field), format!("`{}`", value(key))),
        };
        text.push_str(&format!("| {name} | {value} | {shown} | {} |\n", key.doc));
    }
    for (at, (names, meaning, _)) in others.iter().enumerate() {
        text.push_str(&format!("{}- {names}: {meaning}\n", if at == 0 { "\n" } else { "" }));
    }
    for (.., key) in acted {
        if let Some(KeyOutline {
            field: FieldOutline::Section(section) | FieldOutline::List(section),
            is_shown: true,
            ..
        }) = key
            && !text.contains(&format!("\n## {}\n", section.place))
        {
            write_page(text, section.place, &section.keys);
        }
    }
}

fn form(field: &FieldOutline) -> &'static str {
    match field {
        FieldOutline::Value { form, .. } | FieldOutline::Official { form } => form,
        _ => "",
    }
}

/// The value that the reference shows.
fn value(key: &KeyOutline) -> &str {
    match &key.field {
        FieldOutline::Value { default: Some(default), .. } if key.example.is_empty() => default,
        _ => key.example,
    }
}
