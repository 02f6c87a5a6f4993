//! The reference: the table of keys as a commented file (`config/docs/litestream.yml`) and as a page
//! (`docs/configuration.md`).

use super::{
    entries::ConfigFile,
    keys::TOP,
    outline::{FieldOutline, KeyOutline, NoEffect, SectionOutline},
};

/// Line width in characters.
const WIDTH: usize = 100;

const INTRODUCTION: &str = "\
# Every key of litestream.yml, with its meaning and its default. This is a whole file. The keys that are set here, apart
# from path and replica, have their default values; the keys that are commented out have other ones.
#
# A duration is written 500ms, 10s, 5m or 24h. A size is a number of bytes, or 64KiB, 5MiB, 10MB. A dollar sign before a
# name stands for a variable of the environment, anywhere in the file. A Rails application evaluates ERB first.
#
# Every key of a replica but type, path and url can also be at the top, as the default of all replicas. A key at the
# top that begins with x-, or whose value is only a YAML anchor, is left alone.
";

/// The commented file.
pub fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    write_keys(&mut text, &keys_of_top(), 0);
    text
}

/// The keys at the top, without those that the section of a replica describes.
fn keys_of_top() -> Vec<KeyOutline> {
    let top = TOP.outline(&mut ConfigFile::default());
    let replica = top.all().into_iter().find(|section| section.find("url").is_some()).cloned();
    let is_own = |key: &KeyOutline| !replica.as_ref().is_some_and(|replica| replica.keys.contains(key));
    top.keys.into_iter().filter(is_own).collect()
}

fn write_keys(text: &mut String, keys: &[KeyOutline], indent: usize) {
    for (index, key) in keys.iter().enumerate() {
        if index > 0 || indent == 0 {
            text.push('\n');
        }
        match without_effect(key) {
            Some(line) => comment(text, indent, &line),
            None => write_key(text, key, indent),
        }
    }
}

fn write_key(text: &mut String, key: &KeyOutline, indent: usize) {
    let (name, doc, start) = (key.names[0], key.doc, " ".repeat(indent));
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

/// The line of a key without effect here.
fn without_effect(key: &KeyOutline) -> Option<String> {
    let names = key.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match &key.field {
        FieldOutline::Official { form } => {
            Some(format!("{names}: {} Value: {form}. Only the official executable acts on it.", key.doc))
        }
        FieldOutline::NoEffect(NoEffect { reason, instead: None }) => Some(format!("{names}: No effect: {reason}.")),
        FieldOutline::NoEffect(NoEffect { reason, instead: Some((section, key)) }) => {
            Some(format!("{names}: No effect: {reason}; since v0.5 there is {section}.{key}."))
        }
        FieldOutline::Refused { reason } => Some(format!("{names}: Refused: {reason}.")),
        FieldOutline::Value { .. } | FieldOutline::Section(_) | FieldOutline::List(_) => None,
    }
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
        "# Configuration\n\nThe keys of `litestream.yml`, as `litestream config docs -markdown` prints them. \
         `litestream config docs` prints a whole file with all of them, and `litestream config check FILE` lists the \
         mistakes of one.\n\n",
    );
    for line in INTRODUCTION.lines().skip(3) {
        text.push_str(line.trim_start_matches('#').trim_start());
        text.push('\n');
    }
    write_page(&mut text, "At the top", &keys_of_top());
    text
}

fn write_page(text: &mut String, title: &str, keys: &[KeyOutline]) {
    text.push_str(&format!("\n## {title}\n"));
    let (others, acted): (Vec<_>, Vec<_>) = keys.iter().partition(|key| without_effect(key).is_some());
    if !acted.is_empty() {
        text.push_str("\n| key | value | default or example | meaning |\n|---|---|---|---|\n");
    }
    for key in &acted {
        let (form, shown) = match &key.field {
            FieldOutline::Section(section) => ("a mapping", format!("see *{}*", section.place)),
            FieldOutline::List(section) => ("a list", format!("see *{}*", section.place)),
            FieldOutline::Value { form, .. } => (*form, format!("`{}`", value(key))),
            _ => continue,
        };
        text.push_str(&format!("| `{}` | {form} | {shown} | {} |\n", key.names[0], key.doc));
    }
    if !others.is_empty() {
        text.push('\n');
    }
    for line in others.into_iter().filter_map(without_effect) {
        text.push_str(&format!("- {line}\n"));
    }
    for key in acted {
        let (FieldOutline::Section(section) | FieldOutline::List(section)) = &key.field else { continue };
        if key.is_shown && !text.contains(&format!("\n## {}\n", section.place)) {
            write_page(text, section.place, &section.keys);
        }
    }
}

/// The value that the reference shows.
fn value(key: &KeyOutline) -> &str {
    match &key.field {
        FieldOutline::Value { default: Some(default), .. } if key.example.is_empty() => default,
        _ => key.example,
    }
}
