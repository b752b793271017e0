//! The configuration as a file.

use std::{fs, path::Path};

use super::{Config, ConfigProblem};
use crate::Error;

/// Reads the configuration with the environment of this process.
pub fn read_config(file: &Path) -> Result<Config, Error> {
    read_config_with(file, &|variable| std::env::var(variable).ok())
}

/// Reads the configuration; `env` gives the variables that hold secrets.
pub fn read_config_with(file: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Error> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).map_err(|error| {
        let mend = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file; give its place with --config",
            std::io::ErrorKind::IsADirectory => "this is a folder; give the file in it with --config",
            std::io::ErrorKind::InvalidData => "this is not a text file; give kopru.toml with --config",
            std::io::ErrorKind::PermissionDenied => "it may not be read; run kopru as its owner",
            _ => "it cannot be read",
        };
        Error::Config(vec![ConfigProblem { place: name.clone(), message: format!("{mend} ({error})") }])
    })?;
    Config::read(&name, &text, env).map_err(Error::Config)
}
