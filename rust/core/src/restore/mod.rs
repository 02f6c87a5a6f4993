//! From a replica back to a database: [`plan()`] (pure, printable), then [`Restoration`] performs it.
//!
//! ```text
//! Replica::all_files → plan → fetch (parts ahead, async) → chunk_queue → apply (newest file first)
//!   → decompress (every core) → temporary → sync, integrity → install
//! ```

pub(crate) mod apply;
mod chunk_queue;
mod decompress;
mod fetch;
mod install;
mod integrity;
mod page_stream;
mod plan;
mod plan_error;
mod restoration;
pub(crate) mod retry;
mod sink;
mod target;
mod temporary;

pub use integrity::{ExecutableChecker, IntegrityCheck, IntegrityChecker};
pub use page_stream::stream;
pub use plan::{Plan, beginning, missing, plan};
pub use plan_error::{PlanError, RestorableState};
pub use restoration::{Restoration, RestoreOutcome, Restored};
pub use retry::find_plan;
pub use sink::{PageSink, each_page};
pub use target::Target;

#[cfg(test)]
pub(crate) mod tests;
