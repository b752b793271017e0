//! Chance that is the same on every machine for the same seed.

/// A splitmix64 generator: small, and random enough to mix inputs.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice of their own for each topic, so that a topic alone draws what it draws among others.
    pub fn new(seed: u64, topic: &str) -> Self {
        let mut dice = Self(seed);
        for byte in topic.bytes() {
            dice.0 = dice.next() ^ u64::from(byte);
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// A number of the range, both ends included.
    pub fn between(&mut self, first: u64, last: u64) -> u64 {
        first + self.next() % (last - first + 1)
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// From 0 up to, but not, 1; now and then one of the ends.
    pub fn fraction(&mut self) -> f64 {
        let bits = match self.below(50) {
            0 => 0,
            1 => (1 << 53) - 1,
            _ => self.next() >> 11,
        };
        bits as f64 / (1_u64 << 53) as f64
    }

    /// One of a list, which is not empty.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// So many of a list, joined.
    pub fn string(&mut self, of: &[char], length: usize) -> String {
        (0..length).map(|_| self.pick(of)).collect()
    }

    /// So many of the bytes of an ASCII text.
    pub fn ascii(&mut self, of: &str, length: usize) -> String {
        (0..length).map(|_| char::from(self.pick(of.as_bytes()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_falls_the_same_way_and_a_topic_its_own() {
        let draw = |seed, topic| {
            let mut dice = Dice::new(seed, topic);
            (0..8).map(|_| dice.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, "em"), draw(1, "em"));
        assert_ne!(draw(1, "em"), draw(2, "em"));
        assert_ne!(draw(1, "em"), draw(1, "ph"));
    }

    #[test]
    fn a_fraction_stays_below_one() {
        let mut dice = Dice::new(3, "");
        assert!((0..10_000).all(|_| (0.0..1.0).contains(&dice.fraction())));
    }
}
