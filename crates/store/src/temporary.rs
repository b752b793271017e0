//! Files and folders that are there only while something is made.
//!
//! Whoever makes one holds a lock on it until it is done. The system lets the lock go when the process ends,
//! however it ends: what nobody holds is a leftover, and whoever makes something in the same folder next
//! removes it.

use std::{
    fs::{self, File, Permissions},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile, TempDir};

/// What [`tempfile`] puts behind a prefix: so many letters and digits.
const RANDOM_CHARACTERS: usize = 6;
/// What SQLite makes beside a database.
const BESIDE_A_DATABASE: [&str; 3] = ["-journal", "-wal", "-shm"];

/// What is being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Temporary {
    /// A backup.
    Backup,
    /// A data key.
    Key,
    /// The folder of a store that is restored.
    Restore,
}

impl Temporary {
    const ALL: [Self; 3] = [Self::Backup, Self::Key, Self::Restore];

    fn prefix(self) -> &'static str {
        match self {
            Self::Backup => ".kopru-backup-",
            Self::Key => ".kopru-key-",
            Self::Restore => ".kopru-restore-",
        }
    }

    /// An empty file that only its owner may read. Removed when it is dropped, unless it got another name.
    pub fn file_in(self, folder: &Path) -> io::Result<NamedTempFile> {
        loop {
            let made = NamedTempFile::with_prefix_in(self.prefix(), folder)?;
            if hold(made.as_file(), made.path()) {
                return Ok(made);
            }
        }
    }

    /// An empty folder that only its owner can look into, and its lock. Removed when it is dropped, unless it
    /// is kept.
    pub(crate) fn folder_in(self, folder: &Path) -> io::Result<(TempDir, File)> {
        loop {
            let mut builder = Builder::new();
            builder.prefix(self.prefix()).permissions(Permissions::from_mode(0o700));
            let made = builder.tempdir_in(folder)?;
            let lock = File::open(made.path())?;
            if hold(&lock, made.path()) {
                return Ok((made, lock));
            }
        }
    }
}

/// Locks what was just made; `false` if somebody took it for a leftover before that, and removed it.
fn hold(made: &File, path: &Path) -> bool {
    // Whoever looks at it holds it for a moment. Where a file system knows no locks, nobody removes anything.
    made.lock().is_err() || is_at(made, path)
}

/// Whether an open file or folder still has this path.
fn is_at(open: &File, path: &Path) -> bool {
    let open = open.metadata().map(|open| (open.dev(), open.ino()));
    let there = fs::symlink_metadata(path).map(|there| (there.dev(), there.ino()));
    matches!((open, there), (Ok(open), Ok(there)) if open == there)
}

/// Removes what processes that are gone have left in a folder. What somebody is making is left alone, and so is
/// what has another name.
pub fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let (made, beside): (Vec<_>, Vec<_>) = names
        .filter_map(|name| maker_of(&name).map(|maker| (name, maker)))
        .partition(|(name, maker)| name == maker);
    for (name, _) in made {
        let path = folder.join(name);
        match remove_if_free(&path) {
            Ok(true) => {
                tracing::info!(path = %path.display(), "removed what a process that is gone had left");
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                path = %path.display(),
                "what a process that is gone has left could not be removed; remove it"
            ),
        }
    }
    // The database that they belong to is there for as long as somebody uses them.
    for (name, maker) in beside {
        if fs::symlink_metadata(folder.join(maker)).is_err() {
            let _ = fs::remove_file(folder.join(name));
        }
    }
}

/// The temporary file or folder that a name is of: itself, or the database beside which it is.
fn maker_of(name: &str) -> Option<String> {
    let rest = Temporary::ALL.iter().find_map(|kind| name.strip_prefix(kind.prefix()))?;
    let (random, end) = rest.split_at_checked(RANDOM_CHARACTERS)?;
    let is_ours = random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let maker = || name[..name.len() - end.len()].to_owned();
    (is_ours && (end.is_empty() || BESIDE_A_DATABASE.contains(&end))).then(maker)
}

/// Removes a file or folder that nobody holds; returns whether it did.
fn remove_if_free(path: &Path) -> io::Result<bool> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return Ok(false);
    }
    let found = File::open(path)?;
    if found.try_lock().is_err() || !is_at(&found, path) {
        return Ok(false);
    }
    if kind.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.map(|()| true)
}

/// What restores have put aside beside a store: folders that hold what was erased since.
pub fn put_aside(store: &Path) -> Vec<PathBuf> {
    let store = store.canonicalize().or_else(|_| std::path::absolute(store)).unwrap_or_default();
    let (Some(folder), Some(name)) = (store.parent(), store.file_name().and_then(|name| name.to_str()))
    else {
        return Vec::new();
    };
    let begin = format!("{name}{PUT_ASIDE}");
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_one = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(&begin)) && path.is_dir()
    };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_one).collect();
    found.sort();
    found
}

/// What the name of a store that a restore put aside goes on with.
pub(crate) const PUT_ASIDE: &str = ".before-";

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_nobody_holds_is_removed_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        let live = Temporary::Key.file_in(folder).unwrap();
        let (live_folder, _lock) = Temporary::Restore.folder_in(folder).unwrap();
        let beside_live = format!("{}-journal", live.path().file_name().unwrap().to_str().unwrap());
        let others = [
            beside_live.as_str(),
            ".tmpa1b2c3",
            ".kopru-backup-a1b2c3.db",
            ".kopru-backup-a1b2c",
            ".kopru-backup-aßb2c",
            "kopru-backup-a1b2c3",
        ];
        for name in others {
            fs::write(folder.join(name), "x").unwrap();
        }
        std::os::unix::fs::symlink(folder.join(".tmpa1b2c3"), folder.join(".kopru-key-a1b2c3")).unwrap();
        let mut left = others.map(str::to_owned).to_vec();
        left.push(".kopru-key-a1b2c3".to_owned());
        for live in [live.path(), live_folder.path()] {
            left.push(live.file_name().unwrap().to_str().unwrap().to_owned());
        }
        left.sort();
        for name in [".kopru-backup-a1b2c3", ".kopru-backup-a1b2c3-journal", ".kopru-backup-zzzzzz-wal"] {
            fs::write(folder.join(name), "x").unwrap();
        }
        let gone = folder.join(".kopru-restore-A1B2C3");
        fs::create_dir(&gone).unwrap();
        fs::write(gone.join("kopru.db"), "x").unwrap();
        remove_leftovers(folder);
        assert_eq!(names(folder), left);
    }

    #[test]
    fn what_is_removed_before_it_is_held_is_made_again() {
        let place = tempfile::tempdir().unwrap();
        let made = NamedTempFile::with_prefix_in(Temporary::Key.prefix(), place.path()).unwrap();
        remove_leftovers(place.path());
        assert!(!made.path().exists() && !hold(made.as_file(), made.path()));
        let live = Temporary::Key.file_in(place.path()).unwrap();
        remove_leftovers(place.path());
        assert!(live.path().exists());
        assert_eq!(live.as_file().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_was_put_aside_is_found_by_the_name_of_the_store() {
        let place = tempfile::tempdir().unwrap();
        let store = place.path().join("data");
        for name in ["data", "data.before-17", "data.before-17-2", "data2.before-1", "data.key"] {
            fs::create_dir(place.path().join(name)).unwrap();
        }
        let wanted = ["data.before-17", "data.before-17-2"]
            .map(|name| place.path().canonicalize().unwrap().join(name));
        assert_eq!(put_aside(&store), wanted);
        assert!(put_aside(Path::new("/")).is_empty());
    }
}
