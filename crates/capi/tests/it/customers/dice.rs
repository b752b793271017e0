//! Seeded chance: the same seed gives the same customers on every machine.

/// A splitmix64 generator: tiny, and good enough to spread messes over customers.
pub struct Dice(u64);

impl Dice {
    /// Dice that always fall the same way for one seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, but not, `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A number of an inclusive range.
    pub fn between(&mut self, first: u32, last: u32) -> u32 {
        first + self.below((last - first + 1) as usize) as u32
    }

    /// True for `percent` of a hundred throws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// One of a list.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// The index of a share, drawn by its weight.
    pub fn weighted(&mut self, shares: impl Iterator<Item = u32> + Clone) -> usize {
        let total: u32 = shares.clone().sum();
        let mut left = self.below(total as usize) as u32;
        for (at, share) in shares.enumerate() {
            if left < share {
                return at;
            }
            left -= share;
        }
        0
    }

    /// So many decimal digits, the first of them one of `first`.
    pub fn digits(&mut self, first: &str, count: usize) -> String {
        let firsts: Vec<char> = first.chars().collect();
        let mut digits = String::from(self.pick(&firsts));
        while digits.len() < count {
            digits.push(char::from(b'0' + self.below(10) as u8));
        }
        digits
    }
}
