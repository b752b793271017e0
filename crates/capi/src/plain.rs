//! Raw personal data stays in memory: the type that holds it cannot be serialised, and printing
//! it shows nothing.

use std::fmt;

/// A raw e-mail, phone or name on its way to being hashed.
#[derive(Clone, PartialEq, Eq)]
pub struct Plain(String);

impl Plain {
    /// Wraps a value as it came in.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself. Whoever asks for it must neither store nor print it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain(..)")
    }
}

/// Prints a type's name for debugging and nothing of its value.
macro_rules! opaque_debug {
    ($($name:ident),* $(,)?) => {
        $(
            impl std::fmt::Debug for $name<'_> {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str(concat!(stringify!($name), "(..)"))
                }
            }
        )*
    };
}

pub(crate) use opaque_debug;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_shows_nothing() {
        let phone = Plain::new("+90 532 000 00 00");
        assert_eq!(format!("{phone:?}"), "Plain(..)");
        assert_eq!(phone.expose(), "+90 532 000 00 00");
    }
}
