//! Any answer of Meta's, with any headers.

#![no_main]

use capi::{Usage, read_reply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8], u16, &str)| {
    let (status, body, sent, header) = input;
    read_reply(status, body, usize::from(sent));
    for name in ["x-app-usage", "x-business-use-case-usage", "retry-after"] {
        Usage::read([(name, header)]);
    }
});
