//! Clears retained messages of the device's former names at the broker.
//!
//! A broker keeps a retained message until an empty one replaces it (MQTT 3.1.1 §3.3.1.3). The device may be off line when its client
//! identifier, its topic prefix or Home Assistant's discovery changes. So the flash keeps the list of what to clear until the broker has
//! acknowledged it. Deliberately absent: messages at another broker, which the device no longer reaches.

use heapless::{String, Vec};

use crate::{
    names::{NAME_LENGTH, Names, TOPIC_LENGTH},
    settings::Mqtt,
};

/// How many prefixes are remembered; of more the oldest is forgotten.
const MAX_PREFIXES: usize = 3;
/// What [`Retained::save`] needs at most, in bytes.
pub const SAVED: usize = 1 + MAX_PREFIXES * (NAME_LENGTH + 1);

/// What is to be cleared.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Retained {
    discovery: bool,
    /// Of each its availability and its state.
    prefixes: Vec<String<NAME_LENGTH>, MAX_PREFIXES>,
}

impl Retained {
    /// Notes what `old` settings have left behind, and no longer what `new` ones say themselves.
    pub fn note(&mut self, old: &Mqtt, new: &Mqtt, mac_address: [u8; 6]) {
        if (&old.host, old.port) != (&new.host, new.port) {
            *self = Self::default();
            return;
        }
        let (before, after) = (Names::new(old, mac_address), Names::new(new, mac_address));
        if before.prefix != after.prefix {
            self.prefixes.retain(|prefix| *prefix != before.prefix);
            if self.prefixes.is_full() {
                self.prefixes.remove(0);
            }
            // There is room now.
            let _ = self.prefixes.push(before.prefix);
        }
        self.discovery |= old.home_assistant;
        self.keep_from(new, &after);
    }

    /// Leaves out what these settings say themselves.
    fn keep_from(&mut self, settings: &Mqtt, names: &Names) {
        self.discovery &= !settings.home_assistant;
        self.prefixes.retain(|prefix| *prefix != names.prefix);
    }

    /// Whether there is nothing to clear.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.discovery && self.prefixes.is_empty()
    }

    /// The topic that is cleared as the `index`th; none behind the last one.
    #[must_use]
    pub fn topic(&self, names: &Names, index: usize) -> Option<String<TOPIC_LENGTH>> {
        let discovery = self.discovery.then(|| names.discovery_topic());
        let of_prefix = |prefix: &String<NAME_LENGTH>| {
            let old = Names { prefix: prefix.clone(), ..names.clone() };
            ["availability", "state"].map(|rest| old.topic(rest))
        };
        discovery.into_iter().chain(self.prefixes.iter().flat_map(of_prefix)).nth(index)
    }

    /// As bytes, for the flash; none where there is nothing to clear.
    #[must_use]
    pub fn save(&self) -> Vec<u8, SAVED> {
        let mut saved = Vec::new();
        if self.is_empty() {
            return saved;
        }
        // It fits: a prefix has no line feed, which ends each.
        let _ = saved.push(self.discovery.into());
        for prefix in &self.prefixes {
            let _ = saved.extend_from_slice(prefix.as_bytes());
            let _ = saved.push(b'\n');
        }
        saved
    }

    /// Takes up what [`Retained::save`] wrote, but for what the settings say themselves.
    #[must_use]
    pub fn load(saved: &[u8], settings: &Mqtt, mac_address: [u8; 6]) -> Self {
        let mut retained = Self::default();
        let Some((discovery, prefixes)) = saved.split_first() else { return retained };
        retained.discovery = *discovery == 1;
        for prefix in core::str::from_utf8(prefixes).unwrap_or_default().lines() {
            // No more were written.
            let _ = String::try_from(prefix).map(|prefix| retained.prefixes.push(prefix));
        }
        retained.keep_from(settings, &Names::new(settings, mac_address));
        retained
    }
}
