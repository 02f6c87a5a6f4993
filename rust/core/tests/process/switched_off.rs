//! A file that says "off", for every process of an application.

use std::{
    env, fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use litestream_core::process::{
    ChildCommand, Exit, OutputTarget, Role, Supervisor, SupervisorSettings, SupervisorStatus,
};

fn supervise(script: &str, dir: &Path) -> Supervisor {
    let command = ChildCommand {
        executable: "/bin/sh".into(),
        arguments: ["-c", script].map(Into::into).into(),
        environment: env::vars_os().collect(),
        output: OutputTarget::Inherit,
    };
    let settings = SupervisorSettings::new(command, dir.join("supervisor.lock"));
    Supervisor::start(SupervisorSettings { off: Some(dir.join("off")), poll: Duration::from_millis(50), ..settings })
        .unwrap()
}

fn until(supervisor: &Supervisor, condition: impl Fn(&SupervisorStatus) -> bool) -> SupervisorStatus {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let status = supervisor.status().unwrap();
        if condition(&status) {
            return status;
        }
        assert!(Instant::now() < deadline, "{status:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn switching_off_ends_the_child_after_its_last_sync_and_starts_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let [ready, synced] = ["ready", "synced"].map(|name| dir.path().join(name));
    let script = format!(
        "trap 'sleep 0.2; touch {}; exit 0' TERM; touch {}; while :; do sleep 0.05; done",
        synced.display(),
        ready.display()
    );
    let holder = supervise(&script, dir.path());
    let first = until(&holder, |status| status.pid.is_some() && ready.exists()).pid;
    let standby = supervise(&script, dir.path());
    until(&standby, |status| status.role == Role::Standby && status.holder.is_some());

    fs::write(dir.path().join("off"), "").unwrap();
    let off = until(&holder, |status| status.role == Role::Off && status.pid.is_none());
    assert_eq!((off.last_exit, off.problem, synced.exists()), (Some(Exit::Code(0)), None, true));
    until(&standby, |status| status.role == Role::Off);
    thread::sleep(Duration::from_millis(300));
    assert_eq!([&holder, &standby].map(|supervisor| supervisor.status().unwrap().pid), [None, None]);

    fs::remove_file(dir.path().join("off")).unwrap();
    let again = until(&holder, |status| status.pid.is_some());
    assert_eq!((again.role, again.restarts), (Role::Holder, 0));
    assert_ne!(again.pid, first);
    until(&standby, |status| status.role == Role::Standby);
    standby.stop(Duration::from_secs(5)).unwrap();
    holder.stop(Duration::from_secs(5)).unwrap();
}

/// The cause of a failure may be repaired while replication is off.
#[test]
fn switching_off_and_on_waits_for_no_backoff() {
    let dir = tempfile::tempdir().unwrap();
    let wrong = dir.path().join("wrong");
    fs::write(&wrong, "").unwrap();
    let supervisor = supervise(&format!("test -e {} && exit 2; exec sleep 600", wrong.display()), dir.path());
    until(&supervisor, |status| status.last_exit == Some(Exit::Code(2)));
    fs::remove_file(&wrong).unwrap();
    fs::write(dir.path().join("off"), "").unwrap();
    until(&supervisor, |status| status.role == Role::Off);
    fs::remove_file(dir.path().join("off")).unwrap();
    // A minute otherwise.
    until(&supervisor, |status| status.pid.is_some());
    supervisor.stop(Duration::from_secs(5)).unwrap();
}

#[test]
fn a_supervisor_that_starts_switched_off_starts_nothing_and_can_be_stopped() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("off"), "").unwrap();
    let supervisor = supervise("exec sleep 600", dir.path());
    until(&supervisor, |status| status.role == Role::Off);
    assert_eq!(supervisor.status().unwrap().restarts, 0);
    assert_eq!(supervisor.stop(Duration::from_secs(5)).unwrap(), None);
}
