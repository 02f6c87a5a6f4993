//! One tracing event, read field by field.

use std::fmt::{self, Write};

use tracing::{
    Event,
    field::{Field, Visit},
};

/// The fields with a meaning here; the others become part of the sentence.
#[derive(Debug, Default)]
pub(crate) struct Announcement {
    /// The event's name; events without one are `other`.
    pub kind: Option<String>,
    /// The path of a database, or the location of a replica.
    pub subject: Option<String>,
    pub bytes: u64,
    /// Milliseconds from the capture to the acknowledgement.
    pub age_millis: u64,
    message: String,
    /// Text after the sentence's colon.
    because: Option<String>,
    rest: String,
}

impl Announcement {
    pub fn read(event: &Event<'_>) -> Self {
        let mut announcement = Announcement::default();
        event.record(&mut announcement);
        announcement
    }

    /// `upload failed; it will be tried again: store unreachable`
    pub fn text(&self) -> String {
        let mut text = self.message.clone();
        if !self.rest.is_empty() {
            let _ = write!(text, " ({})", self.rest);
        }
        if let Some(because) = &self.because {
            let _ = write!(text, ": {because}");
        }
        text
    }

    fn take(&mut self, name: &str, value: String) {
        match name {
            "message" => self.message = value,
            "kind" => self.kind = Some(value),
            "path" | "replica" => self.subject = Some(value),
            "error" | "plan" | "reason" => self.because = Some(value),
            name => {
                let separator = if self.rest.is_empty() { "" } else { ", " };
                let _ = write!(self.rest, "{separator}{name} {value}");
            }
        }
    }
}

impl Visit for Announcement {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "bytes" => self.bytes = value,
            "age_millis" => self.age_millis = value,
            name => self.take(name, value.to_string()),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field.name(), value.to_owned());
    }

    /// Values logged with `%` arrive here as their own text.
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field.name(), format!("{value:?}"));
    }
}
