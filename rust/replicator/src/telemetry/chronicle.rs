//! Keeps what the process announces by tracing: the newest events, and per replica how much went up.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use litestream_core::{
    clock,
    control::{Counters, ReplicatorEvent},
};
use ltx::Timestamp;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::{FilterFn, Filtered, filter_fn},
    layer::Context,
    registry::LookupSpan,
};

use super::announcement::Announcement;

const EVENTS: usize = 300;

/// Handles to one memory of events.
#[derive(Clone, Debug, Default)]
pub struct Chronicle {
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Entry>,
    counters: BTreeMap<String, Counters>,
    /// The longest age of an upload since the last query.
    longest_ages: BTreeMap<String, Duration>,
}

#[derive(Clone, Debug)]
struct Entry {
    at: Timestamp,
    level: Level,
    kind: String,
    subject: Option<String>,
    text: String,
    times: u32,
}

impl Chronicle {
    /// The tracing layer that records events; add it to the process's subscriber.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> Filtered<Chronicle, FilterFn, S> {
        self.clone().with_filter(filter_fn(is_kept))
    }

    /// The newest events, oldest first. `database`: the path of the one that a replica's location belongs to.
    pub fn events(&self, database: impl Fn(&str) -> Option<String>) -> Vec<ReplicatorEvent> {
        let reported = |entry: &Entry| ReplicatorEvent {
            time: entry.at.to_string(),
            level: entry.level.as_str().to_lowercase(),
            kind: entry.kind.clone(),
            database: entry.subject.as_deref().and_then(&database),
            text: entry.text.clone(),
            times: entry.times,
        };
        self.lock().events.iter().map(reported).collect()
    }

    /// The counters of the replica at this location.
    pub fn counters(&self, location: &str) -> Counters {
        self.lock().counters.get(location).copied().unwrap_or_default()
    }

    /// How long the slowest transaction was on its way to the replica at this location, of those that arrived since
    /// this was asked last.
    pub fn take_longest_age(&self, location: &str) -> Duration {
        self.lock().longest_ages.remove(location).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// True for routine and repeated events: they do not end a repetition.
fn recurs(kind: &str) -> bool {
    let routine = matches!(kind, "compaction" | "retention");
    routine
        || matches!(kind, "cannot_begin" | "capture_failed" | "maintenance_failed" | "task_failed" | "upload_failed")
}

/// True for our own events with a name, and for warnings and errors.
fn is_kept(metadata: &Metadata<'_>) -> bool {
    metadata.is_event()
        && metadata.target().starts_with("litestream_")
        && (*metadata.level() <= Level::INFO || metadata.fields().field("kind").is_some())
}

impl<S: Subscriber> Layer<S> for Chronicle {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.lock().add(&Announcement::read(event), *event.metadata().level());
    }
}

impl Kept {
    fn add(&mut self, announcement: &Announcement, level: Level) {
        let kind = announcement.kind.as_deref().unwrap_or("other");
        if let Some(location) = &announcement.subject {
            match kind {
                "uploaded" => return self.uploaded(location, announcement),
                "upload_failed" => self.counters.entry(location.clone()).or_default().failures += 1,
                _ => {}
            }
        }
        let entry = Entry {
            at: clock::now(),
            // A detail of the log may still be an event of the database's life.
            level: level.min(Level::INFO),
            kind: kind.to_owned(),
            subject: announcement.subject.clone(),
            text: announcement.text(),
            times: 1,
        };
        self.keep(entry);
    }

    fn uploaded(&mut self, location: &str, announcement: &Announcement) {
        let counters = self.counters.entry(location.to_owned()).or_default();
        counters.uploads += 1;
        counters.uploaded_bytes += announcement.bytes;
        let longest = self.longest_ages.entry(location.to_owned()).or_default();
        *longest = Duration::from_millis(announcement.age_millis).max(*longest);
    }

    /// The same again takes no second place, so that neither an outage nor a quiet year pushes everything else out.
    fn keep(&mut self, mut entry: Entry) {
        if let Some(earlier) = self.repeated_by(&entry).and_then(|place| self.events.remove(place)) {
            entry.times += earlier.times;
        }
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back(entry);
    }

    /// The place of an earlier event of this kind, if only what recurs came in between.
    fn repeated_by(&self, entry: &Entry) -> Option<usize> {
        let mut earlier = self.events.iter().enumerate().rev().filter(|(_, earlier)| earlier.subject == entry.subject);
        let (place, found) = earlier.find(|(_, earlier)| earlier.kind == entry.kind || !recurs(&earlier.kind))?;
        (found.kind == entry.kind && entry.kind != "other").then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    fn chronicle(announce: impl FnOnce()) -> Chronicle {
        let chronicle = Chronicle::default();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(chronicle.layer()), announce);
        chronicle
    }

    fn events_of(chronicle: &Chronicle) -> Vec<(String, String, u32)> {
        let events = chronicle.events(|subject| Some(subject.to_owned())).into_iter();
        events.map(|event| (event.kind, event.text, event.times)).collect()
    }

    #[test]
    fn a_repeated_event_is_one_event() {
        let chronicle = chronicle(|| {
            for attempt in 1..=3 {
                tracing::warn!(kind = "upload_failed", replica = "s3://a", error = %attempt, "upload failed");
                tracing::info!(kind = "started", path = "/b", "replicating");
            }
            tracing::info!(kind = "upload_recovered", replica = "s3://a", "uploads go on");
        });
        let expected = [
            ("upload_failed", "upload failed: 3", 3),
            ("started", "replicating", 3),
            ("upload_recovered", "uploads go on", 1),
        ];
        assert_eq!(events_of(&chronicle), expected.map(|(kind, text, times)| (kind.into(), text.into(), times)));
        assert_eq!(chronicle.counters("s3://a").failures, 3);
    }

    #[test]
    fn a_recurring_event_takes_little_room_and_ends_no_repetition() {
        let chronicle = chronicle(|| {
            for kind in
                ["compaction", "upload_failed", "compaction", "snapshot", "compaction", "upload_failed", "snapshot"]
            {
                tracing::debug!(kind, replica = "s3://a", "done");
            }
        });
        let events: Vec<_> = events_of(&chronicle).into_iter().map(|(kind, _, times)| (kind, times)).collect();
        let expected =
            [("upload_failed", 1), ("compaction", 2), ("compaction", 1), ("upload_failed", 1), ("snapshot", 2)];
        assert_eq!(events, expected.map(|(kind, times)| (kind.to_owned(), times)));
    }

    #[test]
    fn uploads_are_counted_and_details_left_out() {
        let chronicle = chronicle(|| {
            tracing::debug!(kind = "uploaded", replica = "s3://a", bytes = 7u64, age_millis = 900u64, "uploaded");
            tracing::debug!(kind = "uploaded", replica = "s3://a", bytes = 5u64, age_millis = 80u64, "uploaded");
            tracing::debug!("a detail");
            tracing::info!(target: "hyper", "of others");
            tracing::debug!(kind = "snapshot", replica = "s3://a", "merged");
        });
        assert_eq!(events_of(&chronicle), [("snapshot".to_owned(), "merged".to_owned(), 1)]);
        assert_eq!(chronicle.counters("s3://a"), Counters { uploads: 2, uploaded_bytes: 12, failures: 0 });
        let ages = [chronicle.take_longest_age("s3://a"), chronicle.take_longest_age("s3://a")];
        assert_eq!(ages, [Duration::from_millis(900), Duration::ZERO]);
    }

    #[test]
    fn the_oldest_events_are_forgotten() {
        let chronicle = chronicle(|| (0..EVENTS + 5).for_each(|number| tracing::info!(number, "event")));
        let events = events_of(&chronicle);
        assert_eq!((events.len(), events[0].1.as_str()), (EVENTS, "event (number 5)"));
    }
}
