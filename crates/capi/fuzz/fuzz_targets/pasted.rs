//! Any bytes as what somebody pasted: a form with brackets, multipart, an HTTP request, a curl command,
//! JSON of any kind. It is opened, read in pieces, checked and mended without a panic; what was opened
//! and what was mended is JSON.

#![no_main]

use capi::{Checks, SeenEvents, check_element, mend, pasted, pieces};
use libfuzzer_sys::fuzz_target;

const NOW_S: i64 = 1_790_000_000;

fuzz_target!(|bytes: &[u8]| {
    pasted::looks_like(bytes);
    let Ok(opened) = pasted::open(bytes) else { return };
    // What stands in a request or a command may be JSON already, and broken.
    use pasted::PastedKind::{BracketForm, Form, Multipart};
    if matches!(opened.kind, BracketForm | Form | Multipart) {
        let _: serde_json::Value = serde_json::from_slice(&opened.json).expect("what was opened is JSON");
    }
    in_pieces(&opened.json);
    if let Ok(mended) = mend::request(&opened.json, NOW_S) {
        let _: &serde_json::value::RawValue =
            serde_json::from_slice(&mended.json).expect("what was mended is JSON");
    }
});

/// The pieces that come of the whole text come of it byte by byte as well.
fn in_pieces(json: &[u8]) {
    let (mut whole, mut slow) = (pieces::Splitter::default(), pieces::Splitter::default());
    let mut seen = SeenEvents::default();
    let mut start = 0;
    loop {
        let rest = &json[start..];
        let found = whole.next(rest, true);
        let mut end = 1.min(rest.len());
        let by_byte = loop {
            match slow.next(&rest[..end], end == rest.len()) {
                Ok(pieces::Split::More) => end += 1,
                other => break other,
            }
        };
        match (found, by_byte) {
            (Ok(pieces::Split::Piece(piece, position, done)), Ok(other)) => {
                assert_eq!(pieces::Split::Piece(piece.clone(), position, done), other);
                if let pieces::Piece::Event(range) | pieces::Piece::BareEvent(range) = piece {
                    let mut opened = String::new();
                    let Ok(element) = pieces::read_element(&rest[range], position, &mut opened) else {
                        return;
                    };
                    check_element(&element, Checks { now_s: NOW_S, strict: true, as_sent: true });
                    if let Ok(event) = &element {
                        seen.advice(event);
                    }
                }
                start += done;
            }
            (one, other) => return assert_eq!(one, other),
        }
    }
}
