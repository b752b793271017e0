//! Keeps a dataset's secrets out of what is kept, shown or logged.
//!
//! Meta and the proxies before it repeat tokens in their errors: as they were sent, percent-encoded, cut
//! short, in other case, one half of an app's token without the other. So not the secret as a whole is
//! looked for, but every run of its characters that is long enough to be no word.

use std::collections::HashSet;

use capi::{GraphError, Reply};

/// From how many characters on a piece of a secret is blotted out; shorter secrets only as a whole.
const PIECE_MIN: usize = 8;
/// How often a text may have been percent-encoded: once by each that passed it on.
const ENCODED_MAX: usize = 3;

/// The secrets of a dataset. It holds only pieces of them, in lower case.
pub(crate) struct Secrets {
    pieces: HashSet<Vec<u8>>,
    /// The lengths that pieces have; few.
    lengths: Vec<usize>,
}

/// A byte of a text as it was meant, and where it stands in the text as it is.
#[derive(Clone, Copy)]
struct Meant {
    byte: u8,
    from: usize,
    to: usize,
}

impl Secrets {
    pub(crate) fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut pieces = HashSet::new();
        for secret in secrets {
            for form in forms(secret.trim()) {
                let length = form.len().clamp(1, PIECE_MIN);
                pieces.extend(form.windows(length).map(<[u8]>::to_vec));
            }
        }
        let lengths = pieces.iter().map(Vec::len).collect::<HashSet<_>>().into_iter().collect();
        Self { pieces, lengths }
    }

    /// A reply without the secrets that its texts repeat.
    pub(crate) fn clean(&self, mut reply: Reply) -> Reply {
        match &mut reply {
            Reply::Refused { error, .. }
            | Reply::Retry { error, .. }
            | Reply::Throttled { error, .. }
            | Reply::Hold { error, .. } => self.clean_error(error),
            Reply::Delivered { fbtrace_id } => self.clean_text(fbtrace_id),
            Reply::Unknown { .. } | Reply::Foreign => {}
        }
        reply
    }

    fn clean_error(&self, error: &mut GraphError) {
        let GraphError { code: _, subcode: _, message, title, user_message, fbtrace_id } = error;
        for text in [message, title, user_message, fbtrace_id] {
            self.clean_text(text);
        }
    }

    fn clean_text(&self, text: &mut Option<String>) {
        *text = text.take().map(|text| self.blot(&text));
    }

    /// The text with each piece of a secret replaced by `…`.
    fn blot(&self, text: &str) -> String {
        let mut meant: Vec<Meant> = text
            .bytes()
            .enumerate()
            .map(|(place, byte)| Meant { byte: byte.to_ascii_lowercase(), from: place, to: place + 1 })
            .collect();
        let mut secret = vec![false; text.len()];
        for _ in 0..=ENCODED_MAX {
            self.mark(&meant, &mut secret);
            let decoded = percent_decoded(&meant);
            if decoded.len() == meant.len() {
                break;
            }
            meant = decoded;
        }
        let mut shown = String::with_capacity(text.len());
        for (place, c) in text.char_indices() {
            let hidden = secret.get(place..place + c.len_utf8()).is_some_and(|bytes| bytes.contains(&true));
            let c = if hidden { '…' } else { c };
            if c != '…' || !shown.ends_with('…') {
                shown.push(c);
            }
        }
        shown
    }

    fn mark(&self, meant: &[Meant], secret: &mut [bool]) {
        let bytes: Vec<u8> = meant.iter().map(|one| one.byte).collect();
        for length in &self.lengths {
            for (window, places) in bytes.windows(*length).zip(meant.windows(*length)) {
                if let ([first, ..], true) = (places, self.pieces.contains(window))
                    && let Some(last) = places.last()
                    && let Some(hidden) = secret.get_mut(first.from..last.to)
                {
                    hidden.fill(true);
                }
            }
        }
    }
}

/// A secret in lower case, as it is and with everything encoded that an address cannot hold.
fn forms(secret: &str) -> [Vec<u8>; 2] {
    let plain = secret.to_ascii_lowercase().into_bytes();
    let encoded = plain
        .iter()
        .flat_map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => vec![*byte],
            byte => format!("%{byte:02x}").into_bytes(),
        })
        .collect();
    [plain, encoded]
}

/// One layer of percent-encoding less.
fn percent_decoded(meant: &[Meant]) -> Vec<Meant> {
    let digit = |one: &Meant| char::from(one.byte).to_digit(16);
    let mut decoded = Vec::with_capacity(meant.len());
    let mut rest = meant;
    while let [first, after @ ..] = rest {
        rest = after;
        let mut one = *first;
        if let (b'%', [high, low, after @ ..]) = (first.byte, after)
            && let (Some(high), Some(low_digit)) = (digit(high), digit(low))
            && let Ok(byte) = u8::try_from(high * 16 + low_digit)
        {
            one = Meant { byte: byte.to_ascii_lowercase(), from: first.from, to: low.to };
            rest = after;
        }
        decoded.push(one);
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "1234567890|AbCdEfGhIjKlMnOpQrStUvWxYz1";
    const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

    #[test]
    fn a_secret_is_blotted_whatever_its_form() {
        let secrets = Secrets::new([TOKEN, SECRET, "päss/wörd word", "s3cret"]);
        for (text, shown) in [
            ("Malformed access token 1234567890|AbCdEfGhIjKlMnOpQrStUvWxYz1", "Malformed access token …"),
            ("token=1234567890%7CAbCdEfGhIjKlMnOpQrStUvWxYz1&x=1", "token=…&x=1"),
            ("token=1234567890%7cAbCdEfGhIjKlMnOpQrStUvWxYz1&x=1", "token=…&x=1"),
            ("1234567890%257CAbCdEfGhIjKlMnOpQrStUvWxYz1.", "…."),
            ("%41%62%43%64%45%66%47%68%49%6a is not valid", "… is not valid"),
            ("%2541%2562%2543%2564%2545%2566%2547%2568", "…"),
            ("AbCdEfGhIjKlMnOpQrStUvWxYz1 is not valid", "… is not valid"),
            ("app 1234567890 and AbCdEfGhIj...", "app … and …..."),
            ("begins with AbCdEfGh", "begins with …"),
            ("ends with StUvWxYz1!", "ends with …!"),
            ("ABCDEFGHIJKLMNOPQRSTUVWXYZ1 abcdefghijklm", "… …"),
            ("\"1234567890\",\"AbCdEfGhIjKlMnOpQrStUvWxYz1\"", "\"…\",\"…\""),
            ("…|AbCdEfGhIjKlMnOpQrStUvWxYz1", "…"),
            ("proof 0F1E2D3C4B5A69788796A5B4C3D2E1F0", "proof …"),
            ("0f1e2d3c4b", "…"),
            ("päss/wörd word; p%C3%A4ss%2Fw%C3%B6rd%20word", "…; …"),
            ("xs3cretx and s3cre", "x…x and s3cre"),
            // No secret.
            ("begins with AbCdEfG", "begins with AbCdEfG"),
            ("100% of them, %zz, %4", "100% of them, %zz, %4"),
            ("Geçersiz parametre: ğüşiöç", "Geçersiz parametre: ğüşiöç"),
            ("", ""),
        ] {
            assert_eq!(secrets.blot(text), shown, "{text}");
        }
        assert_eq!(Secrets::new([""]).blot("nothing to hide"), "nothing to hide");
    }

    #[test]
    fn every_text_of_an_error_is_looked_at() {
        let secrets = Secrets::new([TOKEN]);
        let text = || Some("see AbCdEfGhIjKlMnOpQrStUvWxYz1".to_owned());
        let body = serde_json::json!({"error": {
            "code": 190, "message": text(), "error_user_title": text(), "error_user_msg": text(),
            "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUvWxYz1",
        }});
        let reply = secrets.clean(capi::read_reply(400, body.to_string().as_bytes(), 1));
        let Reply::Hold { error, .. } = reply else { panic!("{reply:?}") };
        for text in [error.message, error.title, error.user_message] {
            assert_eq!(text.as_deref(), Some("see …"));
        }
        assert_eq!(error.fbtrace_id.as_deref(), Some("…"));
        let reply = secrets.clean(capi::read_reply(
            200,
            br#"{"events_received":1,"fbtrace_id":"AbCdEfGhIjKlMnOpQrStUvWxYz1"}"#,
            1,
        ));
        assert_eq!(reply, Reply::Delivered { fbtrace_id: Some("…".to_owned()) });
    }
}
