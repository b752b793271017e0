//! Any bytes as a form, urlencoded or multipart.

#![no_main]

use capi::{Checks, Scratch, check_element, read_request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for content_type in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"] {
        let mut scratch = Scratch::default();
        if let Ok(request) = read_request(content_type, bytes, &mut scratch) {
            for element in &request.data {
                check_element(element, Checks::at(1_790_000_000));
            }
        }
    }
});
