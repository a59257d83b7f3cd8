//! Any bytes taken for a scenario: they are read or explained, and nothing panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use splitbrain::checks::Expect;
use splitbrain::scenario::Loaded;
use splitbrain::scenario::document::Document;

fuzz_target!(|bytes: &[u8]| {
    let document = match std::str::from_utf8(bytes) {
        Ok(text) => match Loaded::<Expect>::from_text("fuzz.ron", text, &[]) {
            Ok(loaded) => loaded.document,
            Err(document) => *document,
        },
        Err(_) => Document::parse_bytes("fuzz.ron", bytes),
    };
    let _ = document.render(false);
});
