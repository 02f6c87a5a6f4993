//! What replicates and restores: our executable, or an official one.

use std::{
    fmt,
    path::Path,
    time::{Duration, Instant},
};

use litestream_core::control::{Client, SyncRequest};
use litestream_testkit::{
    official::{Official, Replication, Target},
    workload::{PageImage, page_image},
};
use ltx::Txid;
use serde_json::Value;

use super::{Site, site::MONITOR_INTERVAL};

/// The longest wait for any step of the process.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An executable with the official command line. `Display` tells its name.
pub struct Engine {
    name: String,
    program: Official,
    /// How long captures that a sync did not wait for may take.
    unrest: Duration,
}

/// A replicating process that answers on the site's control socket.
pub struct Running<'a> {
    process: Replication,
    client: Client,
    site: &'a Site,
    unrest: Duration,
}

impl Engine {
    pub fn ours() -> Self {
        // It takes the configuration in the form of that version.
        let program = Official::at(env!("CARGO_BIN_EXE_litestream"), "0.5.17");
        Engine { name: "our engine".to_owned(), program, unrest: Duration::ZERO }
    }

    /// `None`: the test is skipped, which has been said.
    pub fn official(version: &str) -> Option<Self> {
        let program = Official::find(version)?;
        Some(Engine { name: format!("official {version}"), program, unrest: 3 * MONITOR_INTERVAL })
    }

    /// Returns once the process answers.
    pub fn replicate<'a>(&self, site: &'a Site) -> Running<'a> {
        let process = self.program.replicate(&site.settings).unwrap();
        let running = Running { process, client: Client::new(site.socket()), site, unrest: self.unrest };
        let deadline = Instant::now() + TIMEOUT;
        while site.runtime.block_on(running.client.info()).is_err() {
            assert!(Instant::now() < deadline, "{self} does not answer; its log:\n{}", running.log());
            std::thread::sleep(Duration::from_millis(5));
        }
        running
    }

    /// Restores to `output`; the error is what the engine printed.
    pub fn restore_to(&self, site: &Site, target: &Target, output: &Path) -> Result<(), String> {
        self.program.restore(&site.settings, target, output).map(drop)
    }

    /// The pages that a restore gives; the error is what the engine printed.
    pub fn restore(&self, site: &Site, target: &Target) -> Result<PageImage, String> {
        let output = site.copy();
        self.restore_to(site, target, &output).map(|()| page_image(&output).unwrap())
    }

    /// Has our engine hold the replica against the database that it replicates; the error is what it printed.
    pub fn verify(&self, site: &Site) -> Result<String, String> {
        self.program.run(&site.settings, "verify", &[site.database().to_string_lossy().into_owned()])
    }

    /// Asks whatever engine replicates the site; what was printed, as JSON.
    pub fn ask(&self, site: &Site, subcommand: &str, arguments: &[&str]) -> Value {
        let arguments = [&["-json"], arguments].concat();
        let printed = self.program.ask(&site.socket(), subcommand, &arguments).unwrap();
        serde_json::from_str(&printed).unwrap()
    }

    /// A restore must give exactly these pages.
    #[track_caller]
    pub fn assert_restores(&self, site: &Site, target: &Target, expected: &PageImage) {
        match self.restore(site, target) {
            Ok(restored) => restored.assert_same(expected, format!("{target:?} restored by {self}")),
            Err(error) => panic!("{self} does not restore {target:?}: {error}"),
        }
    }
}

pub fn at_txid(txid: u64) -> Target {
    Target::Txid(Txid::new(txid).unwrap().to_string())
}

impl Running<'_> {
    /// Returns the newest TXID once the replica has it.
    pub fn sync(&self) -> u64 {
        let path = self.site.database().to_string_lossy().into_owned();
        let request = SyncRequest { path, wait: true, timeout: TIMEOUT.as_secs() };
        match self.site.runtime.block_on(self.client.sync(&request)) {
            Ok(reply) => {
                assert!(reply.replicated_txid >= reply.txid, "{reply:?}");
                reply.txid
            }
            Err(error) => panic!("sync: {error}; the log:\n{}", self.log()),
        }
    }

    /// Returns once everything committed is captured, uploaded or not.
    pub fn capture(&self) {
        let path = self.site.database().to_string_lossy().into_owned();
        let request = SyncRequest { path, wait: false, timeout: TIMEOUT.as_secs() };
        self.site.runtime.block_on(self.client.sync(&request)).unwrap();
    }

    /// Waits until what the engine was about to capture by itself is captured.
    pub fn settle(&self) {
        std::thread::sleep(self.unrest);
    }

    /// Ends the process after its last sync.
    pub fn stop(self) {
        self.process.stop(TIMEOUT).unwrap();
    }

    /// Ends the process with SIGKILL.
    pub fn kill(self) {
        self.process.kill();
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub fn log(&self) -> String {
        self.process.log()
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
