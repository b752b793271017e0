//! Any bytes as a JSON body: read, checked and written without a panic, and what is written is
//! JSON that reads back to the same bytes.

#![no_main]

use capi::{Checks, Event, Normalizer, Rules, Scratch, check_element, check_request, read_request, write_event};
use libfuzzer_sys::fuzz_target;

const NOW_S: i64 = 1_790_000_000;

fuzz_target!(|bytes: &[u8]| {
    let mut scratch = Scratch::default();
    let Ok(request) = read_request("application/json", bytes, &mut scratch) else { return };
    check_request(&request);
    let mut normalizer = Normalizer::new(Rules::Both, NOW_S).in_country("TR");
    for element in &request.data {
        check_element(element, Checks { now_s: NOW_S, strict: true, as_sent: true });
        let Ok(event) = element else { continue };
        let mut once = Vec::new();
        write_event(event, &mut normalizer, &mut once);
        let again = Event::from_slice(&once).expect("what is written can be read");
        let mut twice = Vec::new();
        write_event(&again, &mut normalizer, &mut twice);
        assert_eq!(
            String::from_utf8_lossy(&once),
            String::from_utf8_lossy(&twice),
            "an event that was written stays as it is"
        );
    }
});
