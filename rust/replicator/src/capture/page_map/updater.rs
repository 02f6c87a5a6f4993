//! Builds and updates the page map of one database.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use litestream_core::{Error, Result};
use ltx::Txid;

use super::{
    PageMap,
    builder::{Building, Built},
};
use crate::{
    capture::position::{Position, WalRun},
    sqlite::Database,
    stage::Stage,
};

/// Staged files that the map may be behind; each is read once more for an update.
const FILES_BEHIND: u64 = 64;

/// Pause after a failure.
const PAUSE: Duration = Duration::from_secs(60);

/// The map and its schedule. No failure here fails a capture: without a map the whole database is captured in place of
/// a part.
pub struct PageMapUpdater {
    meta_path: PathBuf,
    state: State,
    /// Set after a checkpoint, a good moment for an update.
    wanted: bool,
}

enum State {
    Absent,
    Failed(Instant),
    Building(Building),
    Ready(PageMap),
}

impl PageMapUpdater {
    /// Opens the map of an earlier process.
    pub fn open(meta_path: &Path, database: &Database, stage: &Stage, newest: Option<Txid>) -> Self {
        let found = newest.map(|newest| PageMap::open(meta_path, stage, newest));
        let state = match found {
            Some(Ok(map)) if map.page_size() == database.page_size() => State::Ready(map),
            Some(Err(reason)) => {
                tracing::debug!(path = %database.path().display(), reason, "no page map");
                State::Absent
            }
            _ => State::Absent,
        };
        PageMapUpdater { meta_path: meta_path.to_owned(), state, wanted: false }
    }

    /// Takes over a map that was built elsewhere.
    pub fn adopt(&mut self, map: PageMap) {
        self.state = State::Ready(map);
    }

    /// The oldest staged file that the map still needs; `None`: none.
    pub fn staged_from(&self) -> Option<Txid> {
        match &self.state {
            State::Absent | State::Failed(_) => None,
            State::Building(building) => Some(building.txid()),
            State::Ready(map) => Some(map.txid()),
        }
    }

    pub fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready(_))
    }

    /// The map, updated to the captured position.
    pub fn up_to(&mut self, stage: &Stage, txid: Option<Txid>) -> Option<&mut PageMap> {
        let txid = txid?;
        if let State::Ready(map) = &mut self.state
            && map.txid() != txid
            && let Err(error) = map.follow(stage, txid)
        {
            self.give_up(&error);
        }
        match &mut self.state {
            State::Ready(map) => Some(map),
            _ => None,
        }
    }

    /// Requests an update; call it after a checkpoint.
    pub fn want(&mut self) {
        self.wanted = true;
    }

    /// True if [`Self::work`] has work now.
    pub fn is_due(&self, position: &Position) -> bool {
        let Position { txid: Some(txid), run: Some(_), .. } = position else { return false };
        match &self.state {
            State::Absent | State::Building(_) => true,
            State::Failed(since) => since.elapsed() >= PAUSE,
            State::Ready(map) => {
                let behind = txid.get() - map.txid().get();
                behind >= FILES_BEHIND || (behind > 0 && self.wanted)
            }
        }
    }

    /// Builds a slice, or updates the map.
    pub fn work(&mut self, database: &Database, stage: &Stage, position: &Position) {
        let Position { txid: Some(txid), commit, run: Some(run) } = position else { return };
        let state = std::mem::replace(&mut self.state, State::Absent);
        let worked = match state {
            State::Ready(mut map) => map.follow(stage, *txid).map(|()| State::Ready(map)),
            State::Building(building) => slice(building, database, stage, *txid, run),
            State::Absent | State::Failed(_) => Building::begin(&self.meta_path, database, *txid, *commit)
                .and_then(|building| slice(building, database, stage, *txid, run)),
        };
        self.wanted = false;
        match worked {
            Ok(state) => self.state = state,
            Err(error) => self.give_up(&error),
        }
    }

    /// Drops an unfinished map after the WAL was lost: it would mix states.
    pub fn abandon_building(&mut self) {
        if matches!(self.state, State::Building(_)) {
            self.state = State::Absent;
        }
    }

    /// Drops the map after a failure; it is built again later.
    pub fn give_up(&mut self, error: &Error) {
        tracing::warn!(folder = %self.meta_path.display(), %error, "the page map is given up");
        self.state = State::Failed(Instant::now());
    }
}

fn slice(building: Building, database: &Database, stage: &Stage, newest: Txid, run: &WalRun) -> Result<State> {
    Ok(match building.slice(database, run, stage, newest)? {
        Built::More(building) => State::Building(building),
        Built::SnapshotFile(map) => State::Ready(map),
    })
}
