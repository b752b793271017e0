//! Tables, one a kind.
