//! The executable: our own, or the official one that the operator installed. Both take the same arguments.

use std::{
    env,
    ffi::OsString,
    fs::File,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{ChildCommand, OutputTarget};
use crate::{
    Error, Result,
    config::{
        Rendered,
        variables::{INSTALL_DIR, Variables},
    },
};

/// The name of the official executable, and of ours.
pub const EXECUTABLE: &str = "litestream";

const CA_BUNDLE: &str = "AWS_CA_BUNDLE";
const GO_CERTIFICATES: &str = "SSL_CERT_FILE";

/// The executable that replicates: `config.litestream.engine`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Our own executable, `litestream` in the gem (the default).
    #[default]
    Native,
    /// The official binary, found by `LITESTREAM_INSTALL_DIR`, then `PATH`.
    Litestream,
}

impl Engine {
    /// Reads `native` or `litestream`; any other name is an [`Error::Config`].
    pub fn parse(name: &str) -> Result<Engine> {
        match name {
            "native" => Ok(Engine::Native),
            "litestream" => Ok(Engine::Litestream),
            other => Err(Error::Config {
                place: "config.litestream.engine".into(),
                problem: format!("must be \"native\" or \"litestream\", got {other:?}"),
            }),
        }
    }

    /// Path of the executable; `native` is the one in the gem.
    pub fn executable(self, native: &Path, variables: &Variables) -> Result<PathBuf> {
        match self {
            Engine::Native => Ok(native.to_owned()),
            Engine::Litestream => find_official(variables),
        }
    }
}

/// Command line that replicates by the configuration `file`, the destination of `rendered`. The child gets this
/// process's environment and the variables in `rendered`.
pub fn replicate(
    engine: Engine,
    executable: PathBuf,
    file: &Path,
    rendered: &Rendered,
    output: OutputTarget,
) -> ChildCommand {
    let referred = rendered.variables.iter().map(|(name, value)| (name.into(), value.reveal().into()));
    let inherited = env::vars_os().filter(|(name, _)| !rendered.variables.keys().any(|referred| name == &**referred));
    let inherited = match engine {
        Engine::Native => inherited.collect(),
        Engine::Litestream => trusting_as_official(inherited.collect()),
    };
    ChildCommand {
        executable,
        arguments: [OsString::from("replicate"), "-config".into(), file.into()].into(),
        environment: inherited.into_iter().chain(referred).collect(),
        output,
    }
}

/// The official binary refuses to start with `AWS_CA_BUNDLE`; Go takes the certificates to trust from `SSL_CERT_FILE`.
fn trusting_as_official(mut environment: Vec<(OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let Some(at) = environment.iter().position(|(name, _)| name == CA_BUNDLE) else { return environment };
    let (_, bundle) = environment.remove(at);
    if !bundle.is_empty() && !environment.iter().any(|(name, _)| name == GO_CERTIFICATES) {
        environment.push((GO_CERTIFICATES.into(), bundle));
    }
    environment
}

/// The first `litestream` in `LITESTREAM_INSTALL_DIR`, then in each folder of `PATH`.
pub fn find_official(variables: &Variables) -> Result<PathBuf> {
    let set = |name| variables.get(name).filter(|value| !value.trim().is_empty());
    let mut folders: Vec<(PathBuf, &str)> = set(INSTALL_DIR).map(|dir| (dir.into(), INSTALL_DIR)).into_iter().collect();
    folders.extend(set("PATH").into_iter().flat_map(env::split_paths).map(|dir| (dir, "PATH")));
    let found = folders.iter().map(|(dir, _)| dir.join(EXECUTABLE)).find(|path| is_official(path));
    found.ok_or_else(|| {
        let mut searched: Vec<_> = folders.iter().map(|(dir, name)| format!("{} ({name})", dir.display())).collect();
        if set(INSTALL_DIR).is_none() {
            searched.insert(0, format!("{INSTALL_DIR} (not set)"));
        }
        Error::ExecutableNotFound { name: EXECUTABLE.into(), searched }
    })
}

/// An executable file, but not a Ruby script: RubyGems puts a script of that name into `PATH`, which would run this
/// gem again.
fn is_official(path: &Path) -> bool {
    let executable = path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    executable && !first_line(path).is_some_and(|line| line.starts_with("#!") && line.contains("ruby"))
}

fn first_line(path: &Path) -> Option<String> {
    let mut start = Vec::new();
    File::open(path).ok()?.take(128).read_to_end(&mut start).ok()?;
    String::from_utf8_lossy(&start).lines().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{collections::BTreeMap, fs};

    use super::*;
    use crate::config::Secret;

    fn install(dir: &Path, content: &str) -> PathBuf {
        fs::create_dir_all(dir).unwrap();
        let path = dir.join("litestream");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn the_install_dir_comes_before_the_path_and_ruby_scripts_do_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let [scripts, second, chosen] = ["scripts", "second", "chosen"].map(|name| dir.path().join(name));
        install(&scripts, "#!/usr/bin/env ruby\n");
        let path = env::join_paths([&scripts, &second]).unwrap().into_string().unwrap();
        let mut variables: Variables = [("PATH".to_owned(), path)].into();
        let missing = find_official(&variables).unwrap_err().to_string();
        let expected = format!(
            "executable litestream not found in LITESTREAM_INSTALL_DIR (not set), {} (PATH), {} (PATH)",
            scripts.display(),
            second.display()
        );
        assert_eq!(missing, expected);
        let official = install(&second, "\x7fELF");
        assert_eq!(find_official(&variables).unwrap(), official);
        variables.insert(INSTALL_DIR.into(), chosen.to_str().unwrap().into());
        assert_eq!(find_official(&variables).unwrap(), official);
        let preferred = install(&chosen, "\x7fELF");
        assert_eq!(Engine::Litestream.executable(Path::new("/gem/litestream"), &variables).unwrap(), preferred);
        assert_eq!(Engine::Native.executable(Path::new("/gem/x"), &variables).unwrap(), Path::new("/gem/x"));
    }

    #[test]
    fn the_official_binary_gets_the_trusted_certificates_under_the_name_it_reads() {
        let named = |pairs: &[(&str, &str)]| -> Vec<(OsString, OsString)> {
            pairs.iter().map(|&(name, value)| (name.into(), value.into())).collect()
        };
        let bundle = ("AWS_CA_BUNDLE", "/ca.pem");
        assert_eq!(
            trusting_as_official(named(&[("A", "b"), bundle])),
            named(&[("A", "b"), ("SSL_CERT_FILE", "/ca.pem")])
        );
        let chosen = ("SSL_CERT_FILE", "/mine.pem");
        assert_eq!(trusting_as_official(named(&[bundle, chosen])), named(&[chosen]));
        assert_eq!(trusting_as_official(named(&[("AWS_CA_BUNDLE", "")])), []);
    }

    #[test]
    fn secrets_go_into_the_environment_and_nowhere_else() {
        let variables = BTreeMap::from([("LITESTREAM_SECRET_ACCESS_KEY".to_owned(), Secret::new("hunter2"))]);
        let rendered = Rendered { text: String::new(), variables };
        let command = replicate(
            Engine::Native,
            "/bin/litestream".into(),
            Path::new("/run/l.yml"),
            &rendered,
            OutputTarget::Inherit,
        );
        assert_eq!(command.arguments, ["replicate", "-config", "/run/l.yml"]);
        let named = |(name, _): &&(OsString, OsString)| name == "LITESTREAM_SECRET_ACCESS_KEY";
        assert_eq!(command.environment.iter().filter(named).count(), 1);
        assert!(!format!("{command:?}").contains("hunter2"));
        assert!(Engine::parse("go").is_err() && Engine::parse("native").is_ok());
    }
}
