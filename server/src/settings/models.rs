//! Reads `[models]`.

use super::Places;
use super::reader::Reader;
use crate::models::{ModelSettings, Policies, VersionPolicy};
use std::path::PathBuf;
use std::time::Duration;
use undertone_bundle::{Acceptance, Bounds, MAX_FILES, Trust, TrustPolicy};

pub(super) fn read(reader: &mut Reader, places: &Places) -> ModelSettings {
    ModelSettings {
        dir: reader.path("models.dir", places.models()),
        default: reader.text("models.default", "cnn"),
        policies: policies(reader),
        watch: reader.flag("models.watch", true),
        watch_settle: reader.duration("models.watch_settle", Duration::from_secs(1)),
        max_loads: reader.count("models.max_loads", 1, 1..=64) as usize,
        load_within: reader.positive_duration("models.load_within", Duration::from_secs(120)),
        remote_control: reader.flag("models.remote_control", true),
        unpack_dir: reader.path("models.unpack_dir", std::env::temp_dir()),
        acceptance: Acceptance { bounds: bounds(reader), trust: trust(reader) },
    }
}

fn policies(reader: &mut Reader) -> Policies {
    let usual = reader.parsed("models.policy", VersionPolicy::Latest(1));
    Policies { usual, of_model: reader.table("models.policies") }
}

fn bounds(reader: &mut Reader) -> Bounds {
    let usual = Bounds::default();
    Bounds {
        max_bytes: reader.count("models.max_bundle_bytes", usual.max_bytes, 1..=1 << 40),
        max_files: reader.count("models.max_bundle_files", usual.max_files as u64, 1..=MAX_FILES as u64)
            as usize,
        max_ratio: reader.count("models.max_unpack_ratio", usual.max_ratio, 1..=1_000_000),
    }
}

fn trust(reader: &mut Reader) -> Trust {
    let trust = Trust {
        policy: reader.parsed("models.trust", TrustPolicy::Off),
        keys: reader.optional_text("models.trusted_keys").map(PathBuf::from),
    };
    if trust.policy == TrustPolicy::Off {
        return trust;
    }
    match trust.read_keys() {
        Ok(keys) if !keys.is_empty() => {}
        Ok(_) => reader.mistake("models.trusted_keys: no key is there, so nobody can be trusted".to_owned()),
        Err(error) => reader.mistake(format!("models.trusted_keys: {error}")),
    }
    trust
}
