//! The store of a configuration, opened.

use std::{path::Path, sync::Arc};

use store::{Store, remove_leftovers};

use crate::{
    Error,
    config::Config,
    data_key::{data_key, kept_key},
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
    open_or_make_store(config).map_err(|error| match error {
        Error::Store(store::Error::InUse(folder)) => {
            Error::NotAsked { folder, socket: socket_in(&config.store_path).display().to_string() }
        }
        other => other,
    })
}
