//! A Postgres server of a test's own.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const MISSING: &str = "no Postgres server programs found: run `cargo xtask test`, which installs them, \
     or set PG_BIN to the folder that holds initdb and pg_ctl";

/// The unprivileged users to run as when the tests run as root, which Postgres refuses.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// A Postgres server with a folder and a Unix socket of its own and no network. It trusts everyone
/// who can reach the socket, does not wait for the disk, and is gone with its folder on drop.
#[derive(Debug)]
pub struct PrivatePostgres {
    programs: PathBuf,
    user: Option<&'static str>,
    folder: TempDir,
    settings: String,
}

impl PrivatePostgres {
    /// Makes and starts a server; returns when it accepts connections.
    ///
    /// # Panics
    /// When there is no Postgres on this machine, or it does not start: a test that needs it must not pass without it.
    pub fn start() -> Self {
        Self::start_with(&["-c", "fsync=off"])
    }

    /// As [`PrivatePostgres::start`], but what it commits is on the disk.
    ///
    /// # Panics
    /// As [`PrivatePostgres::start`].
    pub fn start_durable() -> Self {
        Self::start_with(&[])
    }

    fn start_with(settings: &[&'static str]) -> Self {
        let user = is_root().then(unprivileged_user);
        let server =
            Self { programs: programs(), user, folder: folder_of(user), settings: settings.join(" ") };
        let auth = ["--auth=trust", "--username=undertone", "--encoding=UTF8", "--no-locale", "--no-sync"];
        server.run("initdb", |command| command.arg("--pgdata").arg(server.data()).args(auth));
        server.launch();
        server
    }

    /// A server with what this one has now, as a standby that hears nothing more from here on. This one is restarted for it.
    ///
    /// # Panics
    /// When the files cannot be copied.
    pub fn standby(&self) -> Self {
        self.stop();
        let (folder, settings) = (folder_of(self.user), self.settings.clone());
        let standby = Self { programs: self.programs.clone(), user: self.user, folder, settings };
        let copied = Command::new("cp").arg("-a").arg(self.data()).arg(standby.folder.path()).status();
        assert!(copied.is_ok_and(|status| status.success()), "{} can be copied", self.data().display());
        self.launch();
        standby.launch();
        standby
    }

    /// The address of a database in it, as `store.url` takes it.
    pub fn url(&self) -> String {
        format!("postgres://undertone@localhost/postgres?host={}", self.folder.path().display())
    }

    /// The rows of a query, a line each, as psql prints them without a frame.
    ///
    /// # Panics
    /// When the query fails.
    pub fn query(&self, sql: &str) -> String {
        let mut command = self.command("psql");
        command.arg("--host").arg(self.folder.path()).args(["--username=undertone", "--dbname=postgres"]);
        command.args([
            "--no-psqlrc",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            "--command",
            sql,
        ]);
        let output = command.output().expect("psql runs");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Stops it at once, as a crash would; its data stays.
    pub fn stop(&self) {
        self.run("pg_ctl", |command| {
            command.arg("--pgdata").arg(self.data()).args(["stop", "--wait", "--mode=immediate"])
        });
    }

    /// Starts it again, after stopping it if it runs.
    pub fn restart(&self) {
        if self.data().join("postmaster.pid").exists() {
            self.stop();
        }
        self.launch();
    }

    /// Kills every process of it at once, as a lost machine would; its data stays, and nobody waits until it is gone.
    pub fn kill(&self) {
        let pid_file = fs::read_to_string(self.data().join("postmaster.pid")).expect("it runs");
        let postmaster = pid_file.lines().next().expect("its first line is its process").to_owned();
        let children = output_of_all("pgrep", &["-P", &postmaster]).unwrap_or_default();
        let processes = std::iter::once(postmaster.as_str()).chain(children.lines());
        // A child may have ended meanwhile, which fails for that one only.
        let _ = Command::new("kill").arg("-9").args(processes).output();
    }

    /// Starts it after [`PrivatePostgres::kill`].
    pub fn start_again(&self) {
        // Until the last of the killed processes is gone it does not start.
        while !self.try_launch().status.success() {
            std::thread::yield_now();
        }
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(".s.PGSQL.5432")
    }

    fn try_launch(&self) -> std::process::Output {
        let mut command = self.command("pg_ctl");
        self.launch_arguments(&mut command);
        command.output().expect("pg_ctl runs")
    }

    fn launch(&self) {
        self.run("pg_ctl", |command| self.launch_arguments(command));
    }

    fn launch_arguments<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let settings = format!(
            "-c listen_addresses= -c unix_socket_directories={} {}",
            self.folder.path().display(),
            self.settings
        );
        command.arg("--pgdata").arg(self.data()).arg("--log").arg(self.folder.path().join("log")).args([
            "start",
            "--wait",
            "--timeout=120",
            "--options",
            &settings,
        ])
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, program: &str, arguments: impl FnOnce(&mut Command) -> &mut Command) {
        let mut command = self.command(program);
        let output = arguments(&mut command).output().unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(
            output.status.success(),
            "{program} failed: {}{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
            fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
        );
    }

    fn command(&self, program: &str) -> Command {
        let path = self.programs.join(program);
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args([format!("--reuid={user}"), format!("--regid={}", id_of("-g", user))]);
                command.arg("--clear-groups").arg(path);
                command
            }
            None => Command::new(path),
        };
        // The working folder of the tests may be closed to the unprivileged user.
        command.current_dir(self.folder.path()).env("LC_ALL", "C");
        command
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if self.data().join("postmaster.pid").exists() {
            // The folder goes in any case; a panic here would hide the test's own.
            let _ = self
                .command("pg_ctl")
                .arg("--pgdata")
                .arg(self.data())
                .args(["stop", "--wait", "--mode=immediate"])
                .output();
        }
    }
}

/// A folder that belongs to who runs the server. Sockets have short paths only, so it is not put below the build folder.
fn folder_of(user: Option<&str>) -> TempDir {
    let folder = tempfile::Builder::new().prefix("undertone-pg").tempdir().expect("a temporary folder");
    if let Some(user) = user {
        let (uid, gid) = (id_of("-u", user), id_of("-g", user));
        chown(folder.path(), Some(uid), Some(gid)).expect("root may give the folder away");
    }
    folder
}

/// The folder of the server programs; Debian keeps them out of the search path.
fn programs() -> PathBuf {
    candidates()
        .into_iter()
        .find(|folder| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file()))
        .unwrap_or_else(|| panic!("{MISSING}"))
}

fn candidates() -> Vec<PathBuf> {
    if let Some(folder) = std::env::var_os("PG_BIN") {
        return vec![folder.into()];
    }
    let mut folders = Vec::new();
    if let Some(folder) = output_of("pg_config", "--bindir") {
        folders.push(folder.into());
    }
    folders.extend(
        newest_first(Path::new("/usr/lib/postgresql")).into_iter().map(|version| version.join("bin")),
    );
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/postgres");
    folders.push(installed.join("bin"));
    folders.extend(newest_first(&installed).into_iter().map(|version| version.join("bin")));
    folders
}

fn newest_first(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort_by_key(|path| {
        path.file_name().and_then(OsStr::to_str).and_then(|name| name.parse::<u32>().ok())
    });
    folders.reverse();
    folders
}

fn is_root() -> bool {
    output_of("id", "-u").as_deref() == Some("0")
}

fn unprivileged_user() -> &'static str {
    let exists =
        |user: &&str| Command::new("id").arg(user).output().is_ok_and(|output| output.status.success());
    UNPRIVILEGED.into_iter().find(exists).expect("a user postgres or nobody, since Postgres refuses root")
}

fn id_of(which: &str, user: &str) -> u32 {
    let output = Command::new("id").args([which, user]).output().expect("every Unix has id");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("id prints a number")
}

fn output_of(program: &str, argument: &str) -> Option<String> {
    output_of_all(program, &[argument])
}

fn output_of_all(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
