//! The keys that the server knows, read from the store again and again.

use super::key::KeyDigest;
use super::{Allowance, ApiKey, Caller, Quota, Refusal, Scopes};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use undertone_core::{Clock, UnixMicros};
use undertone_store::{Database, KeyStore, StoreError, StoredKey};

/// The keys that the server knows. When the store cannot be read, those that were read last stay good.
pub(crate) struct KeyRing {
    /// `None` until the store was read once.
    keys: RwLock<Option<HashMap<String, HeldKey>>>,
    clock: Arc<dyn Clock>,
}

struct HeldKey {
    digest: KeyDigest,
    scopes: Scopes,
    expires: Option<UnixMicros>,
    revoked: bool,
    quota: Quota,
    caller: Caller,
    allowance: Arc<Allowance>,
}

/// A key that is good, and what for.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) scopes: Scopes,
    pub(crate) caller: Caller,
}

impl KeyRing {
    /// Reads the keys of `database`, and again every `refresh` until `stop`.
    pub(crate) async fn start(
        database: Database,
        refresh: Duration,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let ring = Arc::new(Self { keys: RwLock::new(None), clock });
        let mut source = Source { database, store: None, fails: false };
        source.read_into(&ring).await;
        tokio::spawn(keep_reading(source, ring.clone(), refresh, stop));
        ring
    }

    /// Whether `key` is good now.
    pub(crate) fn check(&self, key: &ApiKey) -> Result<Credential, Refusal> {
        let digest = key.digest();
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let keys = keys.as_ref().ok_or(Refusal::KeysUnreadable)?;
        let held = keys.get(key.id()).filter(|held| held.digest.is(&digest)).ok_or(Refusal::UnknownKey)?;
        let id = || key.id().to_owned();
        if held.revoked {
            return Err(Refusal::Revoked { id: id() });
        }
        if held.expires.is_some_and(|end| end.0 <= self.clock.now().0) {
            return Err(Refusal::Expired { id: id() });
        }
        Ok(Credential { scopes: held.scopes.clone(), caller: held.caller.clone() })
    }

    fn replace(&self, stored: Vec<StoredKey>) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let mut before = keys.take().unwrap_or_default();
        let held = stored.into_iter().filter_map(|key| {
            let old = before.remove(&key.id);
            Some((key.id.clone(), HeldKey::of(key, old)?))
        });
        *keys = Some(held.collect());
    }
}

impl HeldKey {
    /// `None` for a row that this version does not understand: such a key is not good.
    fn of(key: StoredKey, before: Option<Self>) -> Option<Self> {
        let quota = Quota {
            max_streams: whole(key.max_streams),
            audio_seconds_per_minute: whole(key.audio_seconds_per_minute),
        };
        // What is used of a quota outlives the reading.
        let allowance = before
            .filter(|old| old.quota == quota)
            .map_or_else(|| Arc::new(Allowance::new(quota, Instant::now())), |old| old.allowance);
        Some(Self {
            digest: KeyDigest::of_digits(&key.secret_sha256)?,
            scopes: key.scopes.parse().ok()?,
            expires: key.expires_at_micros.map(UnixMicros),
            revoked: key.revoked_at_micros.is_some(),
            quota,
            caller: Caller::with_key(&key.id, key.tenant.into(), allowance.clone()),
            allowance,
        })
    }
}

fn whole(limit: Option<i64>) -> Option<u32> {
    limit.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX))
}

/// Where keys are read.
struct Source {
    database: Database,
    store: Option<KeyStore>,
    fails: bool,
}

impl Source {
    async fn read_into(&mut self, ring: &KeyRing) {
        match self.read().await {
            Ok(keys) => {
                if std::mem::take(&mut self.fails) {
                    tracing::info!("the API keys can be read again");
                }
                ring.replace(keys);
            }
            Err(error) => {
                // It is opened anew the next time.
                self.store = None;
                if !std::mem::replace(&mut self.fails, true) {
                    tracing::error!(error = %error.sentence(), "the API keys cannot be read; those read last stay good");
                }
            }
        }
    }

    async fn read(&mut self) -> Result<Vec<StoredKey>, StoreError> {
        let store = match &mut self.store {
            Some(store) => store,
            empty => empty.insert(KeyStore::open(&self.database).await?),
        };
        store.all().await
    }
}

async fn keep_reading(mut source: Source, ring: Arc<KeyRing>, refresh: Duration, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(refresh);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => source.read_into(&ring).await,
        }
    }
    if let Some(store) = source.store {
        store.close().await;
    }
}
