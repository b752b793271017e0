//! What is said of events that are taken: one text for all of which it is true, for whoever sends a thousand events
//! makes one mistake in all of them.

use std::borrow::Cow;

use serde_json::{Value, json};

/// Most texts of an answer: whoever mends those hears of the others.
const TEXTS_MAX: usize = 50;

/// One text.
#[derive(Debug, Clone)]
struct AdviceText {
    path: Cow<'static, str>,
    message: Cow<'static, str>,
    /// The places of the events in the request; none where it is of the request itself.
    indexes: Vec<usize>,
}

/// All that is to be said of a request.
#[derive(Debug, Clone, Default)]
pub(super) struct AdviceList(Vec<AdviceText>);

impl AdviceList {
    /// Says something of the event at a place.
    pub(super) fn of_event(
        &mut self,
        index: usize,
        path: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        let (path, message) = (path.into(), message.into());
        // There are as many texts as this program knows, and not more where there are more events.
        let is_full = self.0.len() >= TEXTS_MAX;
        match self.0.iter_mut().find(|known| known.path == path && known.message == message) {
            Some(known) if known.indexes.last() == Some(&index) => {}
            Some(known) => known.indexes.push(index),
            None if is_full => {}
            None => self.0.push(AdviceText { path, message, indexes: vec![index] }),
        }
    }

    /// Says something of the request.
    pub(super) fn of_request(
        &mut self,
        path: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) {
        if self.0.len() < TEXTS_MAX {
            self.0.push(AdviceText { path: path.into(), message: message.into(), indexes: Vec::new() });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        self.0
            .iter()
            .map(|AdviceText { path, message, indexes }| {
                if indexes.is_empty() {
                    json!({"path": path, "message": message})
                } else {
                    json!({"path": path, "indexes": indexes, "message": message})
                }
            })
            .collect()
    }
}
