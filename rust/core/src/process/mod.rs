//! The replicator as a child process: one per application and machine, started again when it dies, ended with its
//! parent. The Rails process supervises ([`Supervisor`]); the executable watches its parent ([`parent_watch`]).

mod child;
pub mod executable;
mod lock;
pub mod parent_watch;
mod settings;
mod shared_status;
mod spawn;
mod status;
mod supervise;
mod supervisor;

pub use lock::{SupervisorLock, Taken};
pub use settings::SupervisorSettings;
pub use spawn::{ChildCommand, OutputTarget};
pub use status::{Exit, Role, SupervisorStatus};
pub use supervisor::Supervisor;
