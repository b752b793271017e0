//! Lists with a bound.

use std::collections::VecDeque;

/// A list with a bound; the oldest entry leaves first and is counted.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    items: VecDeque<(usize, T)>,
    bytes: usize,
    most: usize,
    most_bytes: usize,
    left: u64,
}

impl<T> Kept<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self::within(most, usize::MAX)
    }

    pub(crate) fn within(most: usize, most_bytes: usize) -> Self {
        Self { items: VecDeque::new(), bytes: 0, most, most_bytes, left: 0 }
    }

    pub(crate) fn push(&mut self, item: T) {
        self.push_sized(item, 0);
    }

    /// `bytes` is what the item holds beside itself.
    pub(crate) fn push_sized(&mut self, item: T, bytes: usize) {
        self.items.push_back((bytes, item));
        self.bytes += bytes;
        while self.items.len() > self.most || self.bytes > self.most_bytes {
            let Some((bytes, _)) = self.items.pop_front() else { return };
            self.bytes -= bytes;
            self.left += 1;
        }
    }

    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.items.iter().map(|(_, item)| item)
    }

    /// The item with this place in everything that was ever pushed, from 0.
    pub(crate) fn at_mut(&mut self, place: u64) -> Option<&mut T> {
        let place = place.checked_sub(self.left)?;
        self.items.get_mut(usize::try_from(place).ok()?).map(|(_, item)| item)
    }
}

impl<T: Clone> Kept<T> {
    pub(crate) fn to_vec(&self) -> Vec<T> {
        self.iter().cloned().collect()
    }
}
