//! The hierarchies that are mounted, and where in them a process is.

/// Of which version a hierarchy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// One hierarchy for each controller or a few of them.
    One,
    /// One hierarchy for all controllers that version 1 does not have.
    Two,
}

/// A mounted hierarchy, and the place of a process in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    /// Its version.
    pub version: Version,
    /// The controllers of one of version 1, by the options of its mount.
    pub controllers: Vec<String>,
    /// The folders from that of the process up to the hierarchy's own, without a leading `/`. A limit
    /// binds all groups below, so each of them counts.
    pub folders: Vec<String>,
}

/// The hierarchies that are mounted and name the process, by its `/proc/PID/mountinfo` and
/// `/proc/PID/cgroup`. In a container the uppermost folder is often the container's own.
pub fn hierarchies(mountinfo: &str, memberships: &str) -> Vec<Hierarchy> {
    let mounted = mountinfo.lines().filter_map(mounted);
    mounted
        .filter_map(|(mount, mut hierarchy)| {
            let path = memberships
                .lines()
                .find_map(|line| membership(line, &hierarchy))?;
            hierarchy.folders = folders(mount, path);
            Some(hierarchy)
        })
        .collect()
}

/// A line of `/proc/PID/mountinfo`, proc_pid_mountinfo(5): its fifth field is where something is
/// mounted, and behind ` - ` stand the kind, the source and the options of the file system.
fn mounted(line: &str) -> Option<(&str, Hierarchy)> {
    let (mount, system) = line.split_once(" - ")?;
    let place = mount.split(' ').nth(4)?.strip_prefix('/')?;
    let mut system = system.split(' ');
    let version = match system.next()? {
        "cgroup" => Version::One,
        "cgroup2" => Version::Two,
        _ => return None,
    };
    let options = system.nth(1).unwrap_or_default().split(',');
    let hierarchy = Hierarchy {
        version,
        controllers: options.map(str::to_owned).collect(),
        folders: Vec::new(),
    };
    Some((place, hierarchy))
}

/// The path of the process in a hierarchy, if `line` of `/proc/PID/cgroup` is about it: `0::/path` in
/// version 2, `4:cpu,cpuacct:/path` in version 1. cgroups(7).
fn membership<'a>(line: &'a str, hierarchy: &Hierarchy) -> Option<&'a str> {
    let mut parts = line.splitn(3, ':');
    let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
    let is_about = match hierarchy.version {
        Version::Two => controllers.is_empty(),
        Version::One => controllers
            .split(',')
            .any(|name| hierarchy.controllers.iter().any(|one| one == name)),
    };
    is_about.then_some(path)
}

/// From the folder of `path` up to `mount`. Where a container sees its own part of a hierarchy
/// only, the upper folders of the path are not there; what is not there limits nothing.
fn folders(mount: &str, path: &str) -> Vec<String> {
    let mut folders = Vec::new();
    let mut rest = path.trim_matches('/');
    while !rest.is_empty() && !rest.starts_with("..") {
        folders.push(format!("{mount}/{rest}"));
        rest = rest.rsplit_once('/').map_or("", |(upper, _)| upper);
    }
    folders.push(mount.to_owned());
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_found_with_all_folders_above() {
        let mounts = "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      31 24 0:26 / /sys/fs/cgroup/unified rw,nosuid shared:4 - cgroup2 cgroup2 rw\n\
                      32 24 0:27 / /sys/fs/cgroup/cpu rw shared:5 - cgroup cgroup rw,cpu,cpuacct\n\
                      33 24 0:28 / /sys/fs/cgroup/pids rw shared:6 - cgroup cgroup rw,pids\n";
        let found = hierarchies(mounts, "4:cpu,cpuacct:/jobs/one\n0::/\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].version, Version::Two);
        assert_eq!(found[0].folders, ["sys/fs/cgroup/unified"]);
        assert_eq!(found[1].version, Version::One);
        let above = ["/jobs/one", "/jobs", ""].map(|part| format!("sys/fs/cgroup/cpu{part}"));
        assert_eq!(found[1].folders, above);
    }
}
