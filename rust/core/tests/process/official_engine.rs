//! `engine: litestream`: the official binary reads what we render, runs under our supervisor, and answers our client.

use std::{fs, path::Path, process::Command, thread, time::Duration};

use litestream_core::{
    Error,
    config::{self, Config, Credentials, DatabaseConfig, Location, Rendered, ReplicaConfig, S3Config, Secret},
    control::{Client, SyncRequest},
    process::{
        Exit, OutputTarget, Supervisor, SupervisorSettings,
        executable::{self, Engine},
    },
};
use litestream_testkit::{
    official,
    s3::{Options, S3Server},
    workload::{self, Workload},
};

fn in_bucket(database: &Path, server: &S3Server) -> DatabaseConfig {
    let credentials = Credentials {
        access_key_id: server.access_key_id().into(),
        secret_access_key: Secret::new(server.secret_access_key()),
    };
    let s3 = S3Config {
        endpoint: Some(server.endpoint()),
        force_path_style: true,
        credentials: Some(credentials),
        ..S3Config::new("backups", "app")
    };
    DatabaseConfig::new(database, ReplicaConfig::new(Location::S3(s3)))
}

fn databases(official: &Path, file: &Path, rendered: &Rendered) -> String {
    let mut command = Command::new(official);
    command.env_clear().arg("databases").arg("-config").arg(file);
    let output = command.envs(rendered.variables.iter().map(|(name, value)| (name, value.reveal()))).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_official_version_reads_our_rendered_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("litestream.yml");
    let odd = DatabaseConfig::new(
        "/data/it's $HOME: \"é\"#.db",
        ReplicaConfig::new(Location::File { path: "/backup/{x}".into() }),
    );
    let credentials =
        Credentials { access_key_id: "AKID".into(), secret_access_key: Secret::new("it's: \"$ecret\\\" #1") };
    let s3 = S3Config { credentials: Some(credentials), ..S3Config::new("backups", "p") };
    let plain = DatabaseConfig::new("/data/b.db", ReplicaConfig::new(Location::S3(s3)));
    let mut config = Config::new(vec![odd, plain], Some("/run/l.sock".into()));
    config.maintenance.levels = vec![Duration::from_secs(30)];
    config.maintenance.snapshot_interval = Duration::from_secs(3600);
    for database in &mut config.databases {
        database.maintenance = config.maintenance.clone();
    }
    let rendered = config::render(&config).unwrap();
    rendered.write(&file).unwrap();
    for version in official::VERSIONS {
        let Some(binary) = official::binary(version) else { return };
        let listed = databases(&binary, &file, &rendered);
        assert!(listed.contains("/data/it's $HOME: \"é\"#.db"), "{version}: {listed}");
        assert!(listed.contains("/data/b.db"), "{version}: {listed}");
    }
}

#[tokio::test]
async fn the_official_binary_replicates_under_our_supervisor() {
    let Some(binary) = official::binary("0.5.17") else { return };
    let dir = tempfile::tempdir().unwrap();
    let server = S3Server::start(Options::with_bucket("backups")).unwrap();
    let mut app = Workload::create(dir.path().join("app.db"), workload::Options::new(7, 4096)).unwrap();
    app.run(5).unwrap();

    let socket = dir.path().join("control.sock");
    let config = Config::new(vec![in_bucket(app.path(), &server)], Some(socket.clone()));
    let rendered = config::render(&config).unwrap();
    let file = dir.path().join("litestream.yml");
    rendered.write(&file).unwrap();
    let log = dir.path().join("log");
    let command = executable::replicate(Engine::Litestream, binary, &file, &rendered, OutputTarget::File(log.clone()));
    let supervisor = Supervisor::start(SupervisorSettings::new(command, dir.path().join("lock"))).unwrap();

    let client = Client::new(&socket);
    let info = until_it_answers(&client, &log).await;
    assert_eq!(Some(info.pid), supervisor.status().unwrap().pid);
    assert_eq!(client.list().await.unwrap().databases[0].status, "replicating");
    app.run(5).unwrap();
    let request = SyncRequest { path: app.path().to_string_lossy().into_owned(), wait: true, timeout: 20 };
    let synced = client.sync(&request).await.unwrap();
    assert!(synced.txid > 0 && synced.replicated_txid == synced.txid, "{synced:?}");
    assert!(server.keys("backups").iter().any(|key| key.ends_with(&format!("{:016x}.ltx", synced.txid))));
    let unknown = client.sync(&SyncRequest { path: "/nowhere".into(), ..request }).await.unwrap_err();
    assert!(matches!(unknown, Error::Refused { problem, .. } if problem == "database not found: /nowhere"));
    assert_eq!(supervisor.stop(Duration::from_secs(20)).unwrap(), Some(Exit::Code(0)));
    assert!(!fs::read_to_string(&log).unwrap().contains(server.secret_access_key()));
}

async fn until_it_answers(client: &Client, log: &Path) -> litestream_core::control::InfoReply {
    for _ in 0..500 {
        match client.info().await {
            Ok(info) => return info,
            Err(Error::NotRunning { .. }) => thread::sleep(Duration::from_millis(20)),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("it never answered: {}", fs::read_to_string(log).unwrap_or_default())
}
