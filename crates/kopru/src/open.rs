//! The store of a configuration, opened.

use std::{path::Path, sync::Arc};

use store::{Store, remove_leftovers};

use crate::{
    Error,
    config::Config,
    data_key::{data_key, kept_key, key_file},
    logging::say,
    run::socket_in,
};

/// Opens the store, and makes it if it is not there. A change of the data key that broke off is finished.
pub fn open_or_make_store(config: &Config) -> Result<Arc<dyn Store>, Error> {
    let place = std::path::absolute(&config.store_path).ok();
    if let Some(beside) = place.as_deref().and_then(Path::parent) {
        remove_leftovers(beside);
    }
    match store::open(&config.store_path, &data_key(config)?) {
        Err(store::Error::WrongKey { sealed_with, given }) => match kept_key(config, &sealed_with) {
            Some(kept) => {
                let store = store::open(&config.store_path, &kept.key)?;
                kept.take_place()?;
                Ok(store)
            }
            None => Err(store::Error::WrongKey { sealed_with, given }.into()),
        },
        opened => Ok(opened?),
    }
}

/// Opens a store that is there, for a command where no service runs.
pub fn open_store(config: &Config) -> Result<Arc<dyn Store>, Error> {
    let folder = &config.store_path;
    if !store::database_exists(folder) {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        return Err(Error::NoStore(folder.display().to_string()));
    }
    open_alone(config)
}

/// The same of a store that need not be there: one is made, as `kopru serve` would.
pub fn open_first(config: &Config) -> Result<Arc<dyn Store>, Error> {
    let is_new = !store::database_exists(&config.store_path);
    let store = open_alone(config)?;
    if is_new {
        let folder = std::path::absolute(&config.store_path).unwrap_or_else(|_| config.store_path.clone());
        say(&format!("made the store {}", folder.display()));
        if config.data_key.is_none() {
            let file = key_file(&folder);
            say(&format!(
                "its data key is {}: back it up, without it the store cannot be read",
                file.display()
            ));
        }
    }
    Ok(store)
}

/// Opens a store that nobody else may have open.
fn open_alone(config: &Config) -> Result<Arc<dyn Store>, Error> {
    open_or_make_store(config).map_err(|error| match error {
        Error::Store(store::Error::InUse(folder)) => {
            Error::NotAsked { folder, socket: socket_in(&config.store_path).display().to_string() }
        }
        other => other,
    })
}
