//! A Slurm cluster of one node on this machine, without anything of the system's: own key, own ports, own folder.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const PROGRAMS: [&str; 6] = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol"];
/// Daemons live where users' paths do not lead.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin"];
/// Longest time for the cluster to start or empty, or for a job to end.
const PATIENCE: Duration = Duration::from_secs(600);

/// Stopped when dropped.
pub(crate) struct Slurm {
    folder: PathBuf,
    daemons: Vec<(&'static str, Child)>,
}

impl Slurm {
    /// Starts one, or says why that is not possible here.
    pub(crate) fn start(folder: &Path) -> Result<Self, String> {
        if let Some(missing) = PROGRAMS.iter().find(|name| program(name).is_none()) {
            return Err(format!("{missing} is not installed (Debian: `apt-get install slurm-wlm munge`)"));
        }
        if output(Command::new("id").arg("-u")).trim() != "0" {
            return Err("its daemons must be started as root".to_owned());
        }
        fs::remove_dir_all(folder).ok();
        for part in ["state", "spool"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        let mut slurm = Self { folder: folder.to_owned(), daemons: Vec::new() };
        slurm.configure();
        slurm.munge();
        slurm.daemon("slurmctld", &["-D"]);
        sleep(Duration::from_secs(2));
        slurm.daemon("slurmd", &["-D"]);
        slurm.wait_until("the node is idle", |slurm| {
            output(slurm.command("sinfo").args(["-h", "-o", "%T"])).trim() == "idle"
        });
        Ok(slurm)
    }

    fn configure(&self) {
        let host = output(Command::new("hostname").arg("-s")).trim().to_owned();
        let at = |name: &str| self.folder.join(name).display().to_string();
        let text = format!(
            "ClusterName=tests\nSlurmctldHost={host}\nSlurmUser=root\nSlurmdUser=root\nAuthType=auth/munge\n\
             AuthInfo=socket={munge},cred_expire=10\nSlurmctldPort=16817\nSlurmdPort=16818\n\
             SlurmctldPidFile={ctld}\nSlurmdPidFile={d}\nStateSaveLocation={state}\nSlurmdSpoolDir={spool}\n\
             ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSelectType=select/cons_tres\n\
             SelectTypeParameters=CR_Core_Memory\nAccountingStorageType=accounting_storage/none\n\
             ReturnToService=2\nMaxArraySize=5\nNodeName={host} CPUs=2 RealMemory=2000 State=UNKNOWN\n\
             PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n",
            munge = at("munge"),
            ctld = at("slurmctld.pid"),
            d = at("slurmd.pid"),
            state = at("state"),
            spool = at("spool"),
        );
        fs::write(self.folder.join("slurm.conf"), text).unwrap();
    }

    fn munge(&mut self) {
        let key = self.folder.join("key");
        let bytes: Vec<u8> = (0..128).collect();
        fs::File::create(&key).unwrap().write_all(&bytes).unwrap();
        assert!(Command::new("chmod").arg("400").arg(&key).status().unwrap().success());
        let at = |option: &str, name: &str| format!("--{option}={}", self.folder.join(name).display());
        let arguments = [
            "--foreground".to_owned(),
            "--force".to_owned(),
            at("key-file", "key"),
            at("socket", "munge"),
            at("pid-file", "munged.pid"),
            at("log-file", "munged.log"),
            at("seed-file", "munged.seed"),
        ];
        self.daemon("munged", &arguments.each_ref().map(String::as_str));
        let socket = self.folder.join("munge");
        self.wait_until("munge answers", |_| socket.exists());
    }

    /// Starts a daemon.
    pub(crate) fn daemon(&mut self, name: &'static str, arguments: &[&str]) {
        let log = fs::File::create(self.folder.join(format!("{name}.out"))).unwrap();
        let child = self
            .command(name)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.daemons.push((name, child));
    }

    /// Ends a daemon as the system would, and waits for it.
    pub(crate) fn stop(&mut self, name: &str) {
        let at = self.daemons.iter().position(|(other, _)| *other == name).unwrap();
        let (_, mut child) = self.daemons.remove(at);
        Command::new("kill").arg(child.id().to_string()).status().unwrap();
        child.wait().unwrap();
    }

    /// One of Slurm's commands, on this cluster.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(program(name).unwrap_or_else(|| name.into()));
        command.env("SLURM_CONF", self.conf());
        command
    }

    /// For programs that call Slurm's commands.
    pub(crate) fn conf(&self) -> PathBuf {
        self.folder.join("slurm.conf")
    }

    /// What is in the queue: job, index, state, name.
    fn queue(&self) -> String {
        output(self.command("squeue").args(["-h", "-o", "%F %K %T %j"]))
    }

    /// A task of the jobs of this name that runs, as `JOB_INDEX`.
    pub(crate) fn running(&self, name: &str) -> Option<String> {
        let queue = self.queue();
        queue.lines().find_map(|line| match line.split(' ').collect::<Vec<_>>()[..] {
            [job, index, "RUNNING", of] if of == name => Some(format!("{job}_{index}")),
            _ => None,
        })
    }

    /// Whether the controller does.
    pub(crate) fn answers(&self) -> bool {
        self.command("squeue").arg("-h").stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Waits until nothing is in the queue.
    pub(crate) fn wait_until_empty(&self) {
        self.wait_until("the queue is empty", |slurm| slurm.answers() && slurm.queue().trim().is_empty());
    }

    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, reached: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !reached(self) {
            assert!(start.elapsed() < PATIENCE, "waited in vain until {what}; the queue:\n{}", self.queue());
            sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        self.command("scancel").args(["-u", "root"]).status().ok();
        let start = Instant::now();
        while !self.queue().trim().is_empty() && start.elapsed() < Duration::from_secs(40) {
            sleep(Duration::from_millis(200));
        }
        while let Some((_, mut child)) = self.daemons.pop() {
            Command::new("kill").arg(child.id().to_string()).status().ok();
            child.wait().ok();
        }
    }
}

fn program(name: &str) -> Option<PathBuf> {
    FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists())
}

/// What a command prints; nothing if it fails.
fn output(command: &mut Command) -> String {
    command
        .output()
        .map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
}
