//! Reading registrations and documents anew.

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::Entry;
use super::place::{Origin, Place, Wish};
use super::{Held, Known, Registry};
use crate::fetch::Fetched;
use crate::provider::{Document, ProviderError, Rules, digest};
use crate::store::{Kept, StoreError};

/// What a look brought: a newer document and what it came as, or nothing new.
type Seen = Option<(Document, Fetched)>;

impl Registry {
    /// Reads the registrations anew. Documents whose place is the same stay as they are; those of a
    /// new place are taken from what was kept.
    pub(crate) async fn reload(&self) -> Result<(), StoreError> {
        let _reading = self.reading.lock().await;
        let version = self.store.providers_version().await?;
        let registered = self.store.registered().await?.into_iter().map(Entry::registered);
        let founding = self.founding.iter().enumerate();
        let founding = founding.map(|(index, config)| Entry::founding(index + 1, config));
        let entries: Vec<_> = founding.chain(registered).map(Arc::new).collect();
        let mut places = Places::default();
        let aggregates = self.aggregates.iter().map(|config| {
            let place = Place::of_aggregate(config).map_err(Arc::new)?;
            Ok(places.want(place))
        });
        let aggregates: Vec<_> = aggregates.collect();
        let entries: Vec<_> = entries.into_iter().map(|entry| places.of(entry)).collect();
        let fresh = self.fresh(places).await?;
        self.learn(|known| {
            known.held.retain(|key, _| fresh.wanted.contains_key(key));
            known.held.extend(fresh.held);
            *known = Known {
                version,
                signed_requests_only: self.signed_requests_only,
                entries,
                aggregates,
                held: std::mem::take(&mut known.held),
            };
        });
        Ok(())
    }

    /// The version of the registrations that the picture is drawn from.
    pub(super) fn version(&self) -> i64 {
        self.known().version
    }

    /// What was kept for the places that are new.
    async fn fresh(&self, places: Places) -> Result<Fresh, StoreError> {
        let mut held = Vec::new();
        for (key, place) in &places.0 {
            let same = self.known().held.get(key).is_some_and(|held| held.place == *place);
            if !same {
                held.push((key.clone(), self.kept(place.clone()).await?));
            }
        }
        Ok(Fresh { wanted: places.0, held })
    }

    /// A place with what was kept of it, judged as if it came now.
    async fn kept(&self, place: Arc<Place>) -> Result<Held, StoreError> {
        let mut held = Held::nothing(place.clone(), self.now());
        let Some(kept) = self.store.kept_document(&place.key).await? else { return Ok(held) };
        match self.judge(kept.document, &place.rules).await {
            Ok((document, _)) => {
                held.document = Some(Arc::new(document));
                held.read_at = Some(kept.read_at);
                held.validators = kept.validators;
            }
            Err(fault) => held.trouble = Some(Arc::new(fault)),
        }
        Ok(held)
    }

    /// Reads a document off the threads that serve.
    pub(super) async fn judge(
        &self,
        bytes: Vec<u8>,
        rules: &Rules,
    ) -> Result<(Document, Vec<u8>), ProviderError> {
        let (rules, now) = (rules.clone(), self.now());
        let reading = move || Document::read(&bytes, &rules, now).map(|document| (document, bytes));
        let done = tokio::task::spawn_blocking(reading).await;
        // A task that was not let finish has read nothing.
        done.unwrap_or(Err(ProviderError::Unread))
    }

    /// Looks at every file at once: at the start, so that who comes first finds everybody.
    pub(super) async fn look_at_files(&self) {
        let is_file = |held: &Held| matches!(held.place.origin, Origin::File(_));
        let keys = self.keys(is_file);
        for key in keys {
            self.look(&key, false).await;
        }
    }

    /// The places that are to be looked at now.
    pub(super) fn due(&self) -> Vec<String> {
        let now = self.now();
        self.keys(|held| held.due_at <= now)
    }

    fn keys(&self, which: impl Fn(&Held) -> bool) -> Vec<String> {
        let known = self.known();
        known.held.iter().filter(|(_, held)| which(held)).map(|(key, _)| key.clone()).collect()
    }

    /// Looks at a place, and believes what stands there or says why not. `older` takes even what is
    /// older than what is believed: somebody has decided so.
    pub(crate) async fn look(&self, key: &str, older: bool) {
        let held = self.known().held.get(key).cloned();
        let Some(held) = held.filter(|held| held.place.origin.is_read_again()) else { return };
        let seen = self.see(&held, older).await;
        if let Ok(Some((document, fetched))) = &seen
            && held.place.rules.from_afar
            && let Err(error) = self.keep_copy(&held.place, document, fetched).await
        {
            tracing::error!(place = %held.place, %error, "metadata could not be kept");
        }
        let mut spread = [0];
        self.surroundings.entropy.fill(&mut spread);
        let [spread] = spread;
        let after = self.after(held.clone(), seen, spread);
        self.learn(|known| {
            // Somebody may have registered another place under the same key in the meantime.
            if let Some(now) = known.held.get_mut(key)
                && Arc::ptr_eq(&now.place, &held.place)
            {
                *now = after;
            }
        });
    }

    async fn see(&self, held: &Held, older: bool) -> Result<Seen, ProviderError> {
        let fetched = self.fetcher.fetch(&held.place, &held.validators).await?;
        let Some(mut fetched) = fetched else { return Ok(None) };
        let same = |known: &Arc<Document>| known.digest == digest(&fetched.bytes);
        if held.document.as_ref().is_some_and(same) {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut fetched.bytes);
        let (document, bytes) = self.judge(bytes, &held.place.rules).await?;
        if let Some(known) = held.document.as_ref().filter(|_| held.place.rules.from_afar && !older)
        {
            document.check_not_older(known, self.now())?;
        }
        Ok(Some((document, Fetched { bytes, ..fetched })))
    }

    async fn keep_copy(
        &self,
        place: &Place,
        document: &Document,
        fetched: &Fetched,
    ) -> Result<(), StoreError> {
        let kept = Kept {
            document: fetched.bytes.clone(),
            validators: fetched.validators.clone(),
            valid_until: document.valid_until,
            read_at: self.now(),
        };
        self.store.keep_document(&place.key, &kept).await
    }

    /// What is known of a place after a look.
    fn after(&self, mut held: Held, seen: Result<Seen, ProviderError>, spread: u8) -> Held {
        let now = self.now();
        match seen {
            Ok(seen) => {
                if let Some((document, fetched)) = seen {
                    tracing::info!(place = %held.place, entities = document.len(), "metadata read");
                    held.document = Some(Arc::new(document));
                    held.validators = fetched.validators;
                }
                (held.trouble, held.failures, held.read_at) = (None, 0, Some(now));
            }
            Err(error) => {
                tracing::error!(place = %held.place, %error, "metadata could not be read again");
                held.failures += 1;
                held.trouble = Some(Arc::new(error));
            }
        }
        let wish = held.document.as_ref().map_or_else(Wish::default, |document| Wish {
            cache: document.cache_duration,
            valid_until: document.valid_until,
        });
        held.due_at = held.place.next_look(now, held.failures, wish, spread);
        held
    }
}

/// The places that the registrations want, by their keys.
#[derive(Default)]
struct Places(HashMap<String, Arc<Place>>);

impl Places {
    fn want(&mut self, place: Place) -> String {
        let key = place.key.clone();
        self.0.insert(key.clone(), Arc::new(place));
        key
    }

    /// An entry, with the place it wants; one whose place is no good is not to be believed.
    fn of(&mut self, entry: Arc<Entry>) -> Arc<Entry> {
        let Ok(registration) = &entry.registration else { return entry };
        match Place::of(&entry, registration) {
            Ok(place) => {
                place.map(|place| self.want(place));
                entry
            }
            Err(fault) => Arc::new(Entry {
                id: entry.id.clone(),
                founding: entry.founding,
                entity_id: entry.entity_id.clone(),
                revision: entry.revision,
                registration: Err(Arc::new(fault)),
            }),
        }
    }
}

/// The places wanted, and what is known of the new ones.
struct Fresh {
    wanted: HashMap<String, Arc<Place>>,
    held: Vec<(String, Held)>,
}
