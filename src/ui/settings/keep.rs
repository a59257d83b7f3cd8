//! Keeps settings for the next time. What somebody wrote by hand is never replaced without being asked, and then stays
//! beside it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Settings;
use super::folder::{CONFIG, bytes};
use crate::hunt::keep::write_numbered;
use crate::scenario::document::Document;

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The file has them now; what it held before, if that was written by hand, is in the other.
    Written(PathBuf, Option<PathBuf>),
    /// The file was not touched: this, said of it, is why the person has to be asked first.
    Asks(&'static str),
}

/// Writes the settings into the folder. A file that this program would not have written so is replaced only where that was
/// `confirmed`, and a copy of it is kept.
pub fn keep(folder: &Path, settings: &Settings, confirmed: bool) -> Result<Kept, String> {
    let path = folder.join(CONFIG);
    let text = settings.text()?;
    let failed = |why: io::Error| format!("cannot write `{}`: {why}", path.display());
    let before = bytes(&path).map_err(failed)?;
    let reason = before.as_deref().and_then(|before| by_hand(before));
    if let (Some(reason), false) = (reason, confirmed) {
        return Ok(Kept::Asks(reason));
    }
    fs::create_dir_all(folder).map_err(failed)?;
    let copy = match (reason, before) {
        (Some(_), Some(before)) => Some(new_file(&path, ".bak", &before).map_err(failed)?),
        _ => None,
    };
    replace(&path, &text).map_err(failed)?;
    Ok(Kept::Written(path, copy))
}

/// What makes a file one that was written by hand.
fn by_hand(before: &[u8]) -> Option<&'static str> {
    let mut document = Document::parse_bytes(CONFIG, before);
    let settings: Option<Settings> = document.read();
    match settings {
        _ if !document.is_sound() => Some("has mistakes"),
        Some(read) if read.text().is_ok_and(|text| text.as_bytes() == before) => None,
        _ => Some("was written by hand"),
    }
}

/// Writes a file that was not there: named as `like` with `ending` behind it, and a number where that name is taken.
fn new_file(like: &Path, ending: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let base = like.file_name().unwrap_or_default().to_string_lossy();
    let name = |number| match number {
        1 => format!("{base}{ending}"),
        n => format!("{base}{ending}-{n}"),
    };
    write_numbered(|number| like.with_file_name(name(number)), bytes)
}

/// Replaces what a file holds as a whole: whoever reads it meanwhile finds the old or the new. Where it is a link, what it
/// leads to.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let half = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = fs::File::create_new(&half).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&half, &path))
        .inspect_err(|_| drop(fs::remove_file(&half)))
}

#[cfg(test)]
mod tests {
    use super::super::folder;
    use super::*;
    use crate::ui::style::Theme;

    /// A folder of this test alone, gone afterwards.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("splitbrain-keep-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let _ = fs::remove_dir_all(&path);
            Self(path)
        }

        fn config(&self) -> String {
            fs::read_to_string(self.0.join(CONFIG)).expect("a file")
        }

        fn put(&self, text: &str) {
            fs::create_dir_all(&self.0).expect("a folder");
            fs::write(self.0.join(CONFIG), text).expect("a file");
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn light() -> Settings {
        Settings {
            theme: Theme::Light,
            mouse: true,
            ..Settings::default()
        }
    }

    #[test]
    fn what_is_kept_is_read_again() {
        let at = Folder::new("again");
        let path = at.0.join(CONFIG);
        assert_eq!(folder::settings(&at.0).0, Settings::default());
        assert_eq!(
            keep(&at.0, &light(), false),
            Ok(Kept::Written(path.clone(), None))
        );
        let (read, wrong) = folder::settings(&at.0);
        assert!(wrong.is_none());
        assert_eq!(read, light());
        // What it wrote itself, it replaces.
        let default = Settings::default();
        assert_eq!(keep(&at.0, &default, false), Ok(Kept::Written(path, None)));
        assert_eq!(folder::settings(&at.0).0, default);
        let files = fs::read_dir(&at.0).expect("a folder").count();
        assert_eq!(files, 1, "nothing is left beside it");
    }

    #[test]
    fn what_somebody_wrote_stays_unless_they_say_otherwise() {
        let at = Folder::new("hand");
        for (text, reason) in [
            ("( // mine\n    theme: Mono,\n)\n", "was written by hand"),
            ("(theme: Purple)", "has mistakes"),
            ("(theme: ", "has mistakes"),
        ] {
            at.put(text);
            assert_eq!(keep(&at.0, &light(), false), Ok(Kept::Asks(reason)));
            assert_eq!(at.config(), text);
            let Ok(Kept::Written(_, Some(copy))) = keep(&at.0, &light(), true) else {
                panic!("not written");
            };
            assert_eq!(fs::read_to_string(copy).expect("a copy"), text);
            assert_eq!(folder::settings(&at.0).0, light());
        }
        let copies = fs::read_dir(&at.0).expect("a folder").count() - 1;
        assert_eq!(copies, 3, "no copy replaces another");
    }

    #[test]
    fn what_is_wrong_is_said_and_nothing_of_it_holds() {
        let at = Folder::new("wrong");
        at.put(
            "(\n    theme: Ligth,\n    mouse: true,\n    sped: \"x5\",\n    speed: \"quick\",\n)\n",
        );
        let (read, wrong) = folder::settings(&at.0);
        assert_eq!(read, Settings::default());
        let Some(crate::scenario::LoadError::Mistakes(document)) = wrong else {
            panic!("nothing wrong");
        };
        let found = document.diagnostics();
        let places: Vec<String> = found.iter().map(|d| document.place(d.span)).collect();
        assert_eq!(places, ["2:12", "4:5", "5:12"]);
        let text = document.render(false);
        assert!(text.contains("did you mean `Light`?"), "{text}");
        assert!(text.contains("did you mean `speed`?"), "{text}");
        assert!(text.contains("`quick` is no speed"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one() {
        let at = Folder::new("link");
        fs::create_dir_all(&at.0).expect("a folder");
        let real = at.0.join("real.ron");
        fs::write(&real, Settings::default().text().expect("text")).expect("a file");
        std::os::unix::fs::symlink(&real, at.0.join(CONFIG)).expect("a link");
        keep(&at.0, &light(), false).expect("written");
        assert!(at.0.join(CONFIG).is_symlink());
        assert_eq!(fs::read_to_string(real).ok(), light().text().ok());
    }
}
