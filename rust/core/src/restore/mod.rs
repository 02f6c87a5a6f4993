//! From a replica back to a database: [`plan`] (pure, printable), then [`Restoration`] performs it.
//!
//! ```text
//! Replica::all_files → plan → fetch (parts ahead, async) → feed → walk (cuts, newest file first) → expand (every core)
//!   → output → sync, integrity → place
//! ```

mod expand;
mod feed;
mod fetch;
mod integrity;
mod output;
mod place;
mod plan;
mod plan_error;
pub(crate) mod replan;
mod restoration;
mod sink;
mod stream;
mod target;
pub(crate) mod walk;

pub use integrity::{ExecutableChecker, IntegrityCheck, IntegrityChecker};
pub use plan::{Plan, beginning, missing, plan};
pub use plan_error::{PlanError, State};
pub use replan::find_plan;
pub use restoration::{Outcome, Restoration, Restored};
pub use sink::{Sink, each_page};
pub use stream::stream;
pub use target::Target;

#[cfg(test)]
pub(crate) mod tests;
