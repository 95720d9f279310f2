//! A series of files by day and number, mode 600, capped by days and by total size: the oldest go first.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Most files of one day. Nobody restarts so often; the day's last file grows on then.
const MOST_A_DAY: u32 = 9_999;
const DAY_US: i64 = 86_400_000_000;

/// Where the files of a series are, and how many of them may be kept.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub folder: PathBuf,
    /// How the names begin.
    pub prefix: String,
    /// What the names end with; the first one's size opens the next file.
    pub endings: &'static [&'static str],
    /// Days beside today.
    pub days: u16,
    /// All files together, bytes.
    pub most_bytes: u64,
}

/// A file's place in its series; the order is that of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Place {
    /// Days since 1970, UTC.
    pub day: i64,
    pub number: u32,
}

/// The UTC day of a moment.
pub(crate) fn day_of(at_us: i64) -> i64 {
    at_us.div_euclid(DAY_US)
}

impl Series {
    /// The path of a file.
    pub fn path(&self, place: Place, ending: &str) -> PathBuf {
        let (year, month, day) = date(place.day);
        let name = format!("{}{year:04}-{month:02}-{day:02}.{:04}.{ending}", self.prefix, place.number);
        self.folder.join(name)
    }

    /// Opens the next new files of a day, one for each ending.
    pub fn open_next(&self, day: i64) -> io::Result<(Place, Vec<File>)> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let last = self.places()?.into_iter().rfind(|place| place.day == day);
        let number = last.map_or(1, |place| place.number.saturating_add(1)).min(MOST_A_DAY);
        let place = Place { day, number };
        let open = |ending: &&str| {
            OpenOptions::new().append(true).create(true).mode(0o600).open(self.path(place, ending))
        };
        Ok((place, self.endings.iter().map(open).collect::<io::Result<_>>()?))
    }

    /// What is there, oldest first.
    pub fn places(&self) -> io::Result<Vec<Place>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            found.extend(entry?.file_name().to_str().and_then(|name| self.place(name)));
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn place(&self, name: &str) -> Option<Place> {
        let mut parts = name.strip_prefix(&self.prefix)?.split('.');
        let (date, number, ending) = (parts.next()?, parts.next()?, parts.next()?);
        let fits = parts.next().is_none() && self.endings.contains(&ending) && number.len() == 4;
        let mut date = date.splitn(3, '-');
        let mut next = || date.next()?.parse::<i64>().ok();
        let (year, month, day) = (next()?, next()?, next()?);
        let fits = fits && (1..=12).contains(&month) && (1..=31).contains(&day);
        fits.then_some(Place { day: days(year, month, day), number: number.parse().ok()? })
    }

    /// Removes what is too old or too much; the newest file stays. How many were removed.
    pub fn prune(&self, today: i64) -> io::Result<usize> {
        let places = self.places()?;
        let size = |place: &Place| -> u64 {
            let length = |ending: &&str| fs::metadata(self.path(*place, ending)).map_or(0, |m| m.len());
            self.endings.iter().map(length).sum()
        };
        let mut total: u64 = places.iter().map(size).sum();
        let mut removed = 0;
        let (_, old) = places.split_last().unwrap_or((&Place { day: 0, number: 0 }, &[]));
        for place in old {
            if place.day >= today.saturating_sub(self.days.into()) && total <= self.most_bytes {
                break;
            }
            total = total.saturating_sub(size(place));
            for ending in self.endings {
                gone(&self.path(*place, ending))?;
            }
            removed += 1;
        }
        Ok(removed)
    }
}

fn gone(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Days since 1970 of a date of the proleptic Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day since 1970 (proleptic Gregorian).
pub fn date(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let years = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * years + years / 4 - years / 100);
    let march = (5 * of_year + 2) / 153;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = years + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_a_date_and_a_date_a_day() {
        for (day, of) in
            [(0, (1970, 1, 1)), (11_016, (2000, 2, 29)), (20_781, (2026, 11, 24)), (24_855, (2038, 1, 19))]
        {
            assert_eq!(date(day), of);
        }
        for day in -1_000..60_000 {
            let (y, m, d) = date(day);
            assert_eq!(days(y, m, d), day);
        }
    }
}
