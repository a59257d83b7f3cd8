//! `splitbrain new`: a commented scenario to begin with.

use super::out::{say, write_new};
use super::{EXIT_MET, EXIT_MISTAKE, NewArgs, Out};

/// What the file says.
pub const SCAFFOLD: &str = include_str!("scaffold.ron");

/// Writes it.
pub fn new(args: &NewArgs) -> u8 {
    if args.file.as_os_str() == "-" {
        let mut out = Out::stdout();
        out.text(SCAFFOLD);
        return out.close(EXIT_MET);
    }
    match write_new(&args.file, SCAFFOLD, false) {
        Ok(()) => {
            let file = args.file.display();
            say(format_args!(
                "wrote {file}\nrun it with: splitbrain run {file}"
            ));
            EXIT_MET
        }
        Err(message) => {
            say(format_args!("error: {message}"));
            EXIT_MISTAKE
        }
    }
}
