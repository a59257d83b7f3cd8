//! `splitbrain keys`: which keys do what.

use super::check::complain;
use super::{EXIT_MET, EXIT_MISTAKE, KeysArgs, Out};
use crate::ui::keys::{Keymap, file};
use crate::ui::settings::folder;

/// Shows the table of keys as it is for this person. What is wrong with their file is told; then it is the table of the
/// program.
pub fn keys(args: &KeysArgs) -> u8 {
    let (keymap, wrong) = match folder::folder() {
        Some(folder) => file::read(&folder),
        None => (Keymap::default(), None),
    };
    let code = if wrong.is_some() {
        EXIT_MISTAKE
    } else {
        EXIT_MET
    };
    if let Some(why) = wrong {
        complain(why);
    }
    let mut out = Out::stdout();
    let text = if args.markdown {
        keymap.markdown()
    } else {
        keymap.text()
    };
    out.text(&text);
    out.close(code)
}
