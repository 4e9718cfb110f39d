//! What kind of image this is: its platform, its C library, its distribution, who runs in it.
//! Knows no verdict.

use std::path::{Path, PathBuf};

use super::elf::{Elf, Libc, Machine, libc_of_loader};
use super::root::{Listed, Root};
use super::target::Target;
use super::{cpu, platform};

/// What kind of image this is.
#[derive(Clone, Debug)]
pub struct About {
    /// Whether it is the tree that this process sees, so that its programs would run here.
    pub is_own: bool,
    /// What its programs have to be built for, if anything tells.
    pub target: Option<Target>,
    /// What tells that, `--platform`.
    pub target_from: &'static str,
    /// The dynamic loaders that are there, in the usual places.
    pub loaders: Vec<PathBuf>,
    /// The distribution, `Debian GNU/Linux 12 (bookworm)`.
    pub distribution: Option<String>,
    /// The distribution's id, `debian`.
    pub distribution_id: String,
    /// The newest version that the image's glibc defines, `2.36`.
    pub glibc: Option<(u32, u32)>,
    /// The x86-64 level of the processor that would run its programs, if that is this one.
    pub x86_level: Option<u8>,
    /// Processors whose programs this machine runs through an emulator that the kernel starts.
    pub emulators: Vec<String>,
    /// The signs that this process runs under emulation.
    pub emulated: Vec<String>,
    /// Who runs the image's programs.
    pub user: User,
}

/// Who runs a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The name or number as the image gives it; empty for root.
    pub name: String,
    /// The user's number, if it is known.
    pub uid: Option<u32>,
    /// The groups' numbers.
    pub gids: Vec<u32>,
}

impl About {
    /// Looks at an image; `asked` is the platform that the user named.
    pub fn read(root: &Root, asked: Option<Target>) -> Self {
        let is_own = root.is_own();
        let loaders = loaders(root);
        let (target, target_from) = target(root, asked, &loaders);
        let release = release(root);
        let here = target.as_ref().is_none_or(|target| *target == Target::default());
        Self {
            is_own,
            target,
            target_from,
            distribution: release.get("PRETTY_NAME"),
            distribution_id: release.get("ID").unwrap_or_default(),
            glibc: glibc(root, &loaders),
            loaders,
            x86_level: if is_own && here { cpu::x86_level() } else { None },
            emulators: if is_own { emulators(root) } else { Vec::new() },
            emulated: platform::read().emulated,
            user: User::read(root),
        }
    }

    /// The C library of the image's loaders; none where there is no loader, unknown where there are both.
    pub fn libc(&self) -> Libc {
        let of = |path: &PathBuf| libc_of_loader(&path.file_name().unwrap_or_default().to_string_lossy());
        let mut all = self.loaders.iter().map(of);
        let Some(first) = all.next() else { return Libc::None };
        if all.all(|libc| libc == first) { first } else { Libc::Unknown }
    }

    /// How to name the image in a sentence.
    pub fn name(&self) -> String {
        let libc = match self.libc() {
            Libc::Glibc => {
                self.glibc.map_or("glibc".to_owned(), |(major, minor)| format!("glibc {major}.{minor}"))
            }
            Libc::Musl => "musl".to_owned(),
            Libc::Unknown => "more than one C library".to_owned(),
            Libc::None => "no C library".to_owned(),
        };
        match &self.distribution {
            Some(distribution) => format!("{distribution}, with {libc}"),
            None => format!("an image with {libc}"),
        }
    }

    /// Whether a file for this machine runs on the image's platform; none where nothing tells.
    pub fn runs(&self, elf: &Elf) -> Option<bool> {
        let wanted = Machine::of(&self.target.as_ref()?.architecture)?;
        Some(
            elf.machine == wanted
                // Their kernels run the older kind too.
                || matches!(
                    (wanted, elf.machine),
                    (Machine::X86_64, Machine::I386) | (Machine::AARCH64, Machine::ARM)
                ),
        )
    }
}

/// What the programs are for: what the user says, what the image says, this machine, or what the
/// image's own shell is built for.
fn target(root: &Root, asked: Option<Target>, loaders: &[PathBuf]) -> (Option<Target>, &'static str) {
    if asked.is_some() {
        return (asked, "--platform");
    }
    if let Some(target) = &root.config.target {
        return (Some(target.clone()), "the image's configuration");
    }
    if root.is_own() {
        return (Some(Target::default()), "this machine");
    }
    let usual = ["/bin/sh", "/bin/busybox", "/usr/bin/env"].map(PathBuf::from);
    for path in usual.iter().chain(loaders) {
        let Some(found) = root.file(path) else { continue };
        let Ok(elf) = root.elf(&found) else { continue };
        if let Some(architecture) = elf.machine.platform() {
            let target = Target {
                os: "linux".to_owned(),
                architecture: architecture.to_owned(),
                variant: String::new(),
            };
            return (Some(target), "the image's own shell or loader");
        }
    }
    (None, "nothing")
}

/// The loaders in the folders where programs name them.
fn loaders(root: &Root) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["/lib", "/lib64", "/libx32"] {
        for (name, kind) in root.list(Path::new(folder)).unwrap_or_default() {
            let text = name.to_string_lossy();
            let is_loader =
                libc_of_loader(&text) != Libc::Unknown && text.contains(".so") && !text.ends_with(".conf");
            let path = Path::new(folder).join(&name);
            if is_loader && kind != Listed::Folder && root.file(&path).is_some() {
                found.push(path);
            }
        }
    }
    found
}

/// The newest `GLIBC_x.y` that the loader or the library beside it defines.
fn glibc(root: &Root, loaders: &[PathBuf]) -> Option<(u32, u32)> {
    let near = loaders.iter().filter_map(|path| {
        let loader = root.file(path)?;
        root.file(&loader.path.with_file_name("libc.so.6"))
    });
    let usual = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64", "/usr/lib"];
    let usual = usual.iter().filter_map(|folder| root.file(&Path::new(folder).join("libc.so.6")));
    let found = near.chain(usual).next()?;
    let facts = root.elf(&found);
    let versions = facts.as_deref().ok()?.versions.iter();
    versions.filter_map(|version| glibc_version(version)).max()
}

/// `GLIBC_2.36` as numbers.
pub fn glibc_version(version: &[u8]) -> Option<(u32, u32)> {
    let text = std::str::from_utf8(version.strip_prefix(b"GLIBC_")?).ok()?;
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The words of /etc/os-release.
struct Release(String);

fn release(root: &Root) -> Release {
    let files = ["/etc/os-release", "/usr/lib/os-release"].map(Path::new);
    let text = files.iter().find_map(|path| root.read(path, 64 << 10).ok());
    Release(String::from_utf8_lossy(&text.unwrap_or_default()).into_owned())
}

impl Release {
    fn get(&self, key: &str) -> Option<String> {
        let value = self.0.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(value.trim().trim_matches(['"', '\'']).chars().take(200).collect())
    }
}

/// The processors for which the kernel knows an emulator.
fn emulators(root: &Root) -> Vec<String> {
    let entries = root.list(Path::new("/proc/sys/fs/binfmt_misc")).unwrap_or_default();
    let names =
        entries.iter().filter_map(|(name, _)| name.to_str()?.strip_prefix("qemu-").map(str::to_owned));
    names.collect()
}

impl User {
    /// The user of the image's configuration, or in a running container ourselves.
    fn read(root: &Root) -> Self {
        if root.is_own() {
            return Self::of_status(&std::fs::read_to_string("/proc/self/status").unwrap_or_default());
        }
        let passwd = root.read(Path::new("/etc/passwd"), 1 << 20).unwrap_or_default();
        Self::of_config(&root.config.user, &String::from_utf8_lossy(&passwd))
    }

    /// From the text of /proc/self/status.
    fn of_status(status: &str) -> Self {
        let numbers = |key: &str| -> Vec<u32> {
            let line = status.lines().find_map(|line| line.strip_prefix(key));
            line.into_iter().flat_map(str::split_whitespace).filter_map(|word| word.parse().ok()).collect()
        };
        let uid = numbers("Uid:").get(1).copied();
        let mut gids = numbers("Groups:");
        gids.extend(numbers("Gid:").get(1));
        Self { name: uid.map(|uid| uid.to_string()).unwrap_or_default(), uid, gids }
    }

    /// From `user`, `user:group` or numbers, with the text of /etc/passwd.
    fn of_config(text: &str, passwd: &str) -> Self {
        let (user, group) = text.split_once(':').map_or((text, None), |(user, group)| (user, Some(group)));
        if user.is_empty() {
            return Self { name: String::new(), uid: Some(0), gids: vec![0] };
        }
        let entry = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let mut entry = entry.filter(|fields| fields.len() > 3 && (fields[0] == user || fields[2] == user));
        let entry = entry.next();
        let uid = user.parse().ok().or_else(|| entry.as_ref().and_then(|fields| fields[2].parse().ok()));
        let gid = group
            .and_then(|group| group.parse().ok())
            .or_else(|| entry.and_then(|fields| fields[3].parse().ok()));
        Self { name: text.to_owned(), uid, gids: gid.into_iter().collect() }
    }

    /// Whether a mode with this owner and group gives this user the right to execute or to search.
    /// None where the user is not known well enough.
    pub fn may_execute(&self, mode: u32, owner: u32, group: u32) -> Option<bool> {
        match self.uid? {
            // The kernel lets root execute what anyone may execute.
            0 => Some(mode & 0o111 != 0),
            uid if uid == owner => Some(mode & 0o100 != 0),
            _ if self.gids.contains(&group) => Some(mode & 0o010 != 0),
            // One of the groups that are not known may be this one.
            _ if mode & 0o001 == 0 && mode & 0o010 != 0 => None,
            _ => Some(mode & 0o001 != 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_read_as_images_name_it() {
        let passwd = "root:x:0:0::/:/bin/sh\napp:x:1000:1001::/:/bin/sh\n";
        let user = |text| User::of_config(text, passwd);
        assert_eq!(user("").uid, Some(0));
        assert_eq!((user("app").uid, user("app").gids), (Some(1000), vec![1001]));
        assert_eq!((user("1000").uid, user("1000").gids), (Some(1000), vec![1001]));
        assert_eq!((user("7:8").uid, user("7:8").gids), (Some(7), vec![8]));
        assert_eq!(user("nobody").uid, None);
        let status = "Name:\tx\nUid:\t5\t6\t6\t6\nGid:\t7\t8\t8\t8\nGroups:\t9 10 \n";
        assert_eq!(
            User::of_status(status),
            User { name: "6".to_owned(), uid: Some(6), gids: vec![9, 10, 8] }
        );
    }

    #[test]
    fn rights_go_by_owner_then_group_then_others() {
        let user = User { name: String::new(), uid: Some(5), gids: vec![6] };
        assert_eq!(user.may_execute(0o100, 5, 0), Some(true));
        assert_eq!(user.may_execute(0o011, 5, 6), Some(false));
        assert_eq!(user.may_execute(0o010, 0, 6), Some(true));
        assert_eq!(user.may_execute(0o001, 0, 0), Some(true));
        assert_eq!(user.may_execute(0o100, 0, 0), Some(false));
        assert_eq!(user.may_execute(0o110, 0, 0), None);
        assert_eq!(User { uid: Some(0), ..user }.may_execute(0o001, 7, 7), Some(true));
    }

    #[test]
    fn a_glibc_version_is_read() {
        assert_eq!(glibc_version(b"GLIBC_2.38"), Some((2, 38)));
        assert_eq!(glibc_version(b"GLIBC_2.3.4"), Some((2, 3)));
        assert_eq!(glibc_version(b"GLIBC_PRIVATE"), None);
        assert_eq!(glibc_version(b"GLIBCXX_3.4"), None);
    }
}
