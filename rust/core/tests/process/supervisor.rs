//! Real processes: the test binary runs itself again as the application, which supervises a child.
#![cfg(target_os = "linux")]

use std::{
    env, fs,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{self, Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use litestream_core::{
    Error,
    backoff::Backoff,
    config::variables::process_variables,
    process::{ChildCommand, Exit, OutputTarget, Role, Supervisor, SupervisorSettings, SupervisorStatus, parent_watch},
};
use nix::{
    libc,
    sys::{
        signal::{Signal, kill},
        wait::waitpid,
    },
    unistd::{ForkResult, Pid, fork},
};

/// Set in the processes that a test starts: what they are to do.
const ROLE: &str = "SUPERVISOR_TEST_ROLE";
/// The folder they share with the test.
const DIR: &str = "SUPERVISOR_TEST_DIR";

/// The name of [`role`] in this binary.
const ENTRY: &str = "supervisor::role";

/// Not a test: the entry of the started processes.
#[test]
fn role() {
    let (Ok(role), Ok(dir)) = (env::var(ROLE), env::var(DIR)) else { return };
    let dir = PathBuf::from(dir);
    match role.as_str() {
        "application" => application(&dir),
        "forking application" => forking_application(&dir),
        "preloading application" => preloading_application(&dir),
        "restarting application" => restarting_application(&dir, || dir.join("restart").exists()),
        "hasty application" => restarting_application(&dir, || true),
        "reporting application" => reporting_application(&dir),
        "watcher" => watcher(&dir),
        other => panic!("unknown role {other}"),
    }
}

/// Supervises a sleeping child until it is killed.
fn application(dir: &Path) {
    let _supervisor = Supervisor::start(settings(shell("exec sleep 600"), dir)).unwrap();
    thread::sleep(Duration::from_secs(60));
}

/// Says which child it has.
fn reporting_application(dir: &Path) {
    let supervisor = Supervisor::start(settings(shell("exec sleep 600"), dir)).unwrap();
    fs::write(dir.join("report"), running(&supervisor).pid.unwrap().to_string()).unwrap();
    thread::sleep(Duration::from_secs(60));
}

/// Becomes another program under the same process id, as Puma does on SIGUSR2, as soon as it may.
fn restarting_application(dir: &Path, may: impl Fn() -> bool) {
    let supervisor = Supervisor::start(settings(shell("exec sleep 600"), dir)).unwrap();
    // Without a pause: the child may not even have begun.
    while supervisor.status().unwrap().pid.is_none() || !may() {}
    let mut again = process::Command::new(env::current_exe().unwrap());
    let error = again.args(["--exact", ENTRY, "--nocapture"]).env(ROLE, "reporting application").exec();
    panic!("exec: {error}");
}

/// Forks a worker, as Puma does, which tries everything a worker might.
fn forking_application(dir: &Path) {
    let supervisor = Supervisor::start(settings(shell("exec sleep 600"), dir)).unwrap();
    let before = running(&supervisor);
    // SAFETY: the child ends without returning into the test harness.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            let refused = matches!(supervisor.status(), Err(Error::Forked { .. }))
                && matches!(supervisor.stop(Duration::ZERO), Err(Error::Forked { .. }));
            drop(supervisor);
            let locked = Supervisor::start(settings(shell("exec sleep 600"), dir)).unwrap();
            thread::sleep(Duration::from_millis(300));
            let stands_by = locked.status().unwrap().role == Role::Standby;
            // SAFETY: ends the child at once, without handlers of the test harness.
            unsafe { libc::_exit(if refused && stands_by { 0 } else { 1 }) }
        }
        ForkResult::Parent { child } => {
            let ended = waitpid(child, None).unwrap();
            let after = supervisor.status().unwrap();
            let sound = (after.pid, after.restarts) == (before.pid, 0) && alive(before.pid.unwrap());
            fs::write(dir.join("report"), format!("{ended:?} sound={sound}")).unwrap();
        }
    }
}

/// Forks its workers while the supervisor starts the child, as Puma does when it has loaded the application.
fn preloading_application(dir: &Path) {
    // Makes each fork slow, as in an application of this size.
    let memory = vec![1_u8; 200 << 20];
    for _ in 0..20 {
        let supervisor = Supervisor::start(settings(shell("exec sleep 600"), dir)).unwrap();
        let workers = [(); 4].map(|()| {
            // SAFETY: the child only sleeps, and ends without returning into the test harness.
            match unsafe { fork() }.unwrap() {
                ForkResult::Child => {
                    thread::sleep(Duration::from_secs(20));
                    // SAFETY: ends the process without running the harness's exit handlers.
                    unsafe { libc::_exit(0) }
                }
                ForkResult::Parent { child } => child,
            }
        });
        running(&supervisor);
        for worker in workers {
            kill_hard(worker.as_raw() as u32);
            waitpid(worker, None).unwrap();
        }
        supervisor.stop(Duration::from_secs(5)).unwrap();
    }
    drop(memory);
}

/// Deaf to SIGTERM, so only the watch can end it.
fn watcher(dir: &Path) {
    // SAFETY: sets a disposition; no handler runs.
    unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
    fs::write(dir.join("watcher"), process::id().to_string()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(parent_watch::gone(&process_variables()));
    fs::write(dir.join("parent is gone"), "").unwrap();
}

fn shell(script: &str) -> ChildCommand {
    ChildCommand {
        executable: "/bin/sh".into(),
        arguments: ["-c", script].map(Into::into).into(),
        environment: env::vars_os().collect(),
        output: OutputTarget::Inherit,
    }
}

/// Fast enough for a test.
fn settings(command: ChildCommand, dir: &Path) -> SupervisorSettings {
    let backoff = Backoff::new(Duration::from_millis(50), Duration::from_millis(400));
    SupervisorSettings {
        poll: Duration::from_millis(100),
        backoff,
        ..SupervisorSettings::new(command, dir.join("supervisor.lock"))
    }
}

fn start(role: &str, dir: &Path) -> Child {
    let mut command = process::Command::new(env::current_exe().unwrap());
    command.args(["--exact", ENTRY, "--nocapture"]).env(ROLE, role).env(DIR, dir);
    command.stdout(Stdio::null()).process_group(0).spawn().unwrap()
}

/// The role as a command of the supervisor, which passes its process id.
fn own_role(role: &str, dir: &Path) -> ChildCommand {
    let mut environment: Vec<_> = env::vars_os().filter(|(name, _)| name != ROLE).collect();
    environment.extend([(ROLE.into(), role.into()), (DIR.into(), dir.into())]);
    let arguments = ["--exact", ENTRY, "--nocapture"].map(Into::into).into();
    ChildCommand {
        executable: env::current_exe().unwrap(),
        arguments,
        environment,
        output: OutputTarget::File(dir.join("log")),
    }
}

fn wait_until<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited too long for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn running(supervisor: &Supervisor) -> SupervisorStatus {
    wait_until("a running child", || supervisor.status().ok().filter(|status| status.pid.is_some()))
}

/// Neither ended nor a zombie.
fn alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// The living children of `pid`.
fn children_of(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten();
    let lists = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children = lists.flat_map(|list| list.split_whitespace().flat_map(str::parse).collect::<Vec<u32>>());
    children.filter(|child| alive(*child)).collect()
}

/// The living child of `pid` that runs `name`.
fn child_of(pid: u32, name: &str) -> Option<u32> {
    let runs = |child: &u32| fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|comm| comm.trim() == name);
    children_of(pid).into_iter().find(runs)
}

/// A set of signals as `/proc/<pid>/status` shows it.
fn signals(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    u64::from_str_radix(line.trim(), 16).unwrap()
}

fn kill_hard(pid: u32) {
    kill(Pid::from_raw(pid as i32), Signal::SIGKILL).unwrap();
}

#[test]
fn a_child_runs_in_its_own_group_with_default_signals_and_no_inherited_descriptors() {
    let dir = tempfile::tempdir().unwrap();
    let leak = fs::File::open("/dev/null").unwrap();
    // SAFETY: makes the descriptor survive an exec, as careless libraries do.
    unsafe { libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(&leak), libc::F_SETFD, 0) };
    // SAFETY: the test binary does not use this signal.
    unsafe { libc::signal(libc::SIGUSR2, libc::SIG_IGN) };
    let script = "ls /proc/$$/fd; cat /proc/self/status; \
                  echo group $(ps -o pgid= -p $$) $$; echo parent $LITESTREAM_PARENT_PID; exec sleep 600";
    let mut command = shell(script);
    command.output = OutputTarget::File(dir.path().join("log"));
    let supervisor = Supervisor::start(settings(command, dir.path())).unwrap();
    let status = running(&supervisor);
    assert_eq!((status.role, status.holder, status.restarts), (Role::Holder, Some(process::id()), 0));
    let log = wait_until("the script", || {
        fs::read_to_string(dir.path().join("log")).ok().filter(|log| log.contains("parent"))
    });
    let pid = status.pid.unwrap();
    assert!(log.starts_with("0\n1\n2\nName:"), "{log}");
    assert_eq!(signals(&log, "SigBlk:"), 0, "{log}");
    // 32 and 33 are the C library's own, and cannot be changed.
    assert_eq!(signals(&log, "SigIgn:") & !(0b11 << 31), 0, "{log}");
    assert!(log.contains(&format!("group {pid} {pid}\nparent {}", process::id())), "{log}");
    assert_eq!(supervisor.stop(Duration::from_secs(5)).unwrap(), Some(Exit::Signal(15)));
    assert!(!alive(pid));
    assert_eq!(supervisor.status().unwrap().role, Role::Stopped);
}

#[test]
fn the_child_ends_with_its_killed_parent() {
    let dir = tempfile::tempdir().unwrap();
    let mut application = start("application", dir.path());
    let sleeper = wait_until("the child", || child_of(application.id(), "sleep"));
    application.kill().unwrap();
    wait_until("the child's end", || (!alive(sleeper)).then_some(()));
    application.wait().unwrap();
}

#[test]
fn a_child_that_ignores_sigterm_notices_by_itself() {
    let dir = tempfile::tempdir().unwrap();
    // A shell that stays the parent and is not ours to notice.
    let exe = env::current_exe().unwrap();
    let script =
        format!("{}=$$ {ROLE}=watcher {} --exact {ENTRY} --nocapture & wait", parent_watch::VARIABLE, exe.display());
    let mut shell = process::Command::new("/bin/sh");
    let mut shell = shell.args(["-c", &script]).env(DIR, dir.path()).stdout(Stdio::null()).spawn().unwrap();
    let watcher: u32 = wait_until("the watcher", || fs::read_to_string(dir.path().join("watcher")).ok()?.parse().ok());
    thread::sleep(Duration::from_millis(300));
    assert!(alive(watcher) && !dir.path().join("parent is gone").exists());
    shell.kill().unwrap();
    shell.wait().unwrap();
    wait_until("the watcher's end", || (!alive(watcher)).then_some(()));
    assert!(dir.path().join("parent is gone").exists());
}

#[test]
fn a_supervised_child_watches_its_parent() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(settings(own_role("watcher", dir.path()), dir.path())).unwrap();
    let watcher: u32 = wait_until("the watcher", || fs::read_to_string(dir.path().join("watcher")).ok()?.parse().ok());
    assert_eq!(running(&supervisor).pid, Some(watcher));
    thread::sleep(Duration::from_millis(200));
    assert!(alive(watcher) && !dir.path().join("parent is gone").exists());
    // It ignores SIGTERM, so the limit decides.
    let began = Instant::now();
    assert_eq!(supervisor.stop(Duration::from_millis(300)).unwrap(), Some(Exit::Signal(9)));
    assert!(began.elapsed() >= Duration::from_millis(300) && began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_child_that_dies_is_started_again_ever_more_slowly() {
    let dir = tempfile::tempdir().unwrap();
    let count = dir.path().join("count");
    let supervisor = Supervisor::start(settings(shell(&format!("echo x >>{}; exit 1", count.display())), dir.path()));
    let supervisor = supervisor.unwrap();
    // Starts at 0, 50, 150, 350, 750, then every 400 ms, or up to a quarter earlier.
    thread::sleep(Duration::from_millis(1100));
    let status = supervisor.status().unwrap();
    assert!((3..=5).contains(&status.restarts), "{status:?}");
    assert_eq!(status.last_exit, Some(Exit::Code(1)));
    supervisor.stop(Duration::from_secs(1)).unwrap();
    // The stop may end the last child before it counts itself, and another one may have begun before the stop.
    let counted = fs::read_to_string(count).unwrap().len() / 2;
    assert!((status.restarts..=status.restarts + 2).contains(&(counted as u32)), "{counted} for {status:?}");
}

#[test]
fn a_killed_child_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(settings(shell("exec sleep 600"), dir.path())).unwrap();
    let first = running(&supervisor).pid.unwrap();
    kill_hard(first);
    let second = wait_until("a new child", || supervisor.status().unwrap().pid.filter(|pid| *pid != first));
    let status = supervisor.status().unwrap();
    assert_eq!((status.restarts, status.last_exit), (1, Some(Exit::Signal(9))));
    assert_eq!(supervisor.stop(Duration::MAX).unwrap(), Some(Exit::Signal(15)), "any time that a duration holds");
    assert!(!alive(second));
}

#[test]
fn a_wrong_configuration_is_not_hammered() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(settings(shell("exit 2"), dir.path())).unwrap();
    wait_until("the exit", || supervisor.status().unwrap().last_exit.filter(|exit| *exit == Exit::Code(2)));
    thread::sleep(Duration::from_millis(200));
    assert_eq!(supervisor.status().unwrap().restarts, 0);
}

#[test]
fn an_executable_that_is_not_there_is_a_problem_one_can_read() {
    let dir = tempfile::tempdir().unwrap();
    let command = ChildCommand { executable: dir.path().join("litestream"), ..shell("") };
    let supervisor = Supervisor::start(settings(command, dir.path())).unwrap();
    let problem = wait_until("the problem", || supervisor.status().unwrap().problem);
    assert!(problem.contains("executable litestream not found in"), "{problem}");
    assert_eq!(supervisor.stop(Duration::from_secs(1)).unwrap(), None);
}

#[test]
fn a_child_reaped_elsewhere_in_the_process_is_still_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(settings(shell("exec sleep 600"), dir.path())).unwrap();
    let first = running(&supervisor).pid.unwrap();
    kill_hard(first);
    // Who is faster differs; both must lead to a new child.
    let _ = waitpid(Pid::from_raw(first as i32), None);
    let second = wait_until("a new child", || supervisor.status().unwrap().pid.filter(|pid| *pid != first));
    assert!(matches!(supervisor.status().unwrap().last_exit, Some(Exit::Unknown | Exit::Signal(9))));
    supervisor.stop(Duration::from_secs(5)).unwrap();
    assert!(!alive(second));
}

#[test]
fn one_application_process_supervises_and_another_takes_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = start("application", dir.path());
    let sleeper = wait_until("the child", || child_of(first.id(), "sleep"));
    let second = Supervisor::start(settings(shell("exec sleep 600"), dir.path())).unwrap();
    let standby = wait_until("standby", || second.status().ok().filter(|status| status.holder.is_some()));
    assert_eq!((standby.role, standby.holder, standby.pid), (Role::Standby, Some(first.id()), None));
    first.kill().unwrap();
    let status = running(&second);
    assert_eq!(status.role, Role::Holder);
    first.wait().unwrap();
    wait_until("the first child's end", || (!alive(sleeper)).then_some(()));
    second.stop(Duration::from_secs(5)).unwrap();
}

#[test]
fn a_second_supervisor_in_the_same_process_stands_by() {
    let dir = tempfile::tempdir().unwrap();
    let first = Supervisor::start(settings(shell("exec sleep 600"), dir.path())).unwrap();
    running(&first);
    let second = Supervisor::start(settings(shell("exec sleep 600"), dir.path())).unwrap();
    wait_until("standby", || second.status().ok().filter(|status| status.holder == Some(process::id())));
    assert_eq!(second.status().unwrap().role, Role::Standby);
    first.stop(Duration::from_secs(5)).unwrap();
    running(&second);
    second.stop(Duration::from_secs(5)).unwrap();
}

#[test]
fn an_application_that_executes_itself_again_supervises_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut application = start("restarting application", dir.path());
    let first = wait_until("the first child", || child_of(application.id(), "sleep"));
    fs::write(dir.path().join("restart"), "").unwrap();
    let second = wait_until("the second child", || child_of(application.id(), "sleep").filter(|pid| *pid != first));
    wait_until("the first child's end", || (!alive(first)).then_some(()));
    application.kill().unwrap();
    application.wait().unwrap();
    wait_until("the second child's end", || (!alive(second)).then_some(()));
}

/// The forking thread may end before the child has asked for a signal at its end.
#[test]
fn an_application_that_executes_itself_at_once_leaves_no_child_behind() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        let mut application = start("hasty application", dir.path());
        let child: u32 =
            wait_until("the second child", || fs::read_to_string(dir.path().join("report")).ok()?.parse().ok());
        wait_until("no other child", || (children_of(application.id()) == [child]).then_some(()));
        application.kill().unwrap();
        application.wait().unwrap();
    }
}

#[test]
fn a_forked_worker_neither_uses_nor_ends_its_masters_supervisor() {
    let dir = tempfile::tempdir().unwrap();
    let mut application = start("forking application", dir.path());
    assert!(application.wait().unwrap().success());
    let report = fs::read_to_string(dir.path().join("report")).unwrap();
    assert!(report.contains(", 0) sound=true"), "{report}");
}

/// A worker inherits every descriptor that is open at that moment, and may hold it as long as it lives.
#[test]
fn workers_forked_while_the_child_starts_do_not_delay_the_supervisor() {
    let dir = tempfile::tempdir().unwrap();
    let mut application = start("preloading application", dir.path());
    assert!(application.wait().unwrap().success());
}

#[test]
fn dropping_it_ends_the_child_without_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(settings(shell("exec sleep 600"), dir.path())).unwrap();
    let pid = running(&supervisor).pid.unwrap();
    drop(supervisor);
    wait_until("the child's end", || (!alive(pid)).then_some(()));
}

#[test]
fn a_last_sync_gets_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let synced = dir.path().join("synced");
    let script = format!("trap 'sleep 0.5; touch {}; exit 0' TERM; while :; do sleep 0.05; done", synced.display());
    let supervisor = Supervisor::start(settings(shell(&script), dir.path())).unwrap();
    running(&supervisor);
    thread::sleep(Duration::from_millis(200));
    assert_eq!(supervisor.stop(Duration::from_secs(5)).unwrap(), Some(Exit::Code(0)));
    assert!(synced.exists());
}
