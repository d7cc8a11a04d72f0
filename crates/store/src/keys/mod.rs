//! Who may call: the table of API keys, the same in the journal and in Postgres.

mod key;
mod store;

pub use key::StoredKey;
pub use store::KeyStore;
