//! Lists with a bound.

use std::collections::VecDeque;

/// A list with a bound; the oldest entry leaves first and is counted.
#[derive(Debug)]
pub struct Kept<T> {
    items: VecDeque<(usize, T)>,
    bytes: usize,
    most: usize,
    most_bytes: usize,
    left: u64,
}

impl<T> Kept<T> {
    /// At most so many.
    pub fn new(most: usize) -> Self {
        Self::within(most, usize::MAX)
    }

    /// At most so many, and at most so many bytes of what they hold.
    pub fn within(most: usize, most_bytes: usize) -> Self {
        Self { items: VecDeque::new(), bytes: 0, most, most_bytes, left: 0 }
    }

    /// Adds an item.
    pub fn push(&mut self, item: T) {
        self.push_sized(item, 0);
    }

    /// Adds an item; `bytes` is what the item holds beside itself.
    pub fn push_sized(&mut self, item: T, bytes: usize) {
        self.items.push_back((bytes, item));
        self.bytes += bytes;
        while self.items.len() > self.most || self.bytes > self.most_bytes {
            let Some((bytes, _)) = self.items.pop_front() else { return };
            self.bytes -= bytes;
            self.left += 1;
        }
    }

    /// How many have left.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.items.iter().map(|(_, item)| item)
    }

    /// The item with this place in everything that was ever pushed, from 0.
    pub fn at_mut(&mut self, place: u64) -> Option<&mut T> {
        let place = place.checked_sub(self.left)?;
        self.items.get_mut(usize::try_from(place).ok()?).map(|(_, item)| item)
    }
}

impl<T: Clone> Kept<T> {
    /// A copy of all, the oldest first.
    pub fn to_vec(&self) -> Vec<T> {
        self.iter().cloned().collect()
    }
}
