//! Watching the folder of models.

use super::Models;
use super::follow::Touched;
use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

/// Changes that may wait to be looked at; when there are more, everything in the folder is looked at.
const WAITING: usize = 1024;
/// So many times the time without a change pass before it is looked at whether the folder is still the one that is watched.
const LOOK: u32 = 5;
/// After so many times the time without a change that is waited for, what was touched is looked at all the same.
const PATIENCE: u32 = 30;

/// Follows the folder until `stop`; `None`, and a warning, where it cannot be watched.
pub(super) fn start(models: &Arc<Models>, stop: &CancellationToken) -> Option<JoinHandle<()>> {
    let folder = models.folder().path.clone();
    match Watch::new(folder.clone()) {
        Ok(watch) => Some(tokio::spawn(watch.run(models.clone(), stop.clone()))),
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "the folder of models is not watched");
            None
        }
    }
}

/// What tells a folder from one that has its name later.
type Identity = (u64, u64);

fn identity_of(folder: &Path) -> Option<Identity> {
    let about = std::fs::metadata(folder).ok()?;
    Some((about.dev(), about.ino()))
}

struct Watch {
    /// Events come for as long as it lives.
    watcher: RecommendedWatcher,
    folder: PathBuf,
    /// Which folder is watched: another one may have been put in its place.
    watched: Option<Identity>,
    paths: mpsc::Receiver<PathBuf>,
    overflowed: Arc<AtomicBool>,
    /// The folder itself was removed or moved.
    gone: Arc<AtomicBool>,
}

impl Watch {
    fn new(folder: PathBuf) -> notify::Result<Self> {
        let (sender, paths) = mpsc::channel(WAITING);
        let overflowed = Arc::new(AtomicBool::new(false));
        let gone = Arc::new(AtomicBool::new(false));
        let (flag, root, root_gone) = (overflowed.clone(), folder.clone(), gone.clone());
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let missed = event.as_ref().map_or(true, Event::need_rescan);
            if missed {
                flag.store(true, Ordering::Release);
            }
            if event.as_ref().is_ok_and(|event| is_end(event.kind) && event.paths.contains(&root)) {
                root_gone.store(true, Ordering::Release);
            }
            let changed = event.ok().filter(|event| is_change(event.kind));
            let paths = changed.into_iter().flat_map(|event| event.paths);
            // Whoever waits for a path is woken by the folder's own.
            for path in paths.chain(missed.then(|| root.clone())) {
                if sender.try_send(path).is_err() {
                    flag.store(true, Ordering::Release);
                }
            }
        })?;
        let mut watch = Self { watcher, folder, watched: None, paths, overflowed, gone };
        if let Some(there) = identity_of(&watch.folder) {
            watch.turn_to(there);
        }
        Ok(watch)
    }

    async fn run(mut self, models: Arc<Models>, stop: CancellationToken) {
        // What came between the first look at the folder and the first event.
        models.follow_folder(&Touched::Unknown).await;
        loop {
            let touched = tokio::select! {
                touched = self.settled(&models) => touched,
                () = stop.cancelled() => return,
            };
            match touched {
                Some(touched) => models.follow_folder(&touched).await,
                None => return,
            }
        }
    }

    /// What is touched first. Where another folder was put in the place of the one that is watched, that one is watched from
    /// now on, and all of it is looked at.
    async fn first(&mut self, look: Duration) -> Option<PathBuf> {
        loop {
            if self.watches_another() {
                self.overflowed.store(true, Ordering::Release);
                return Some(self.folder.clone());
            }
            if let Ok(touched) = timeout(look, self.paths.recv()).await {
                return touched;
            }
        }
    }

    /// Whether there is another folder now, which is watched in place of the one before. Without any, everything stays as it
    /// is until one is there.
    fn watches_another(&mut self) -> bool {
        let there = identity_of(&self.folder);
        // A folder that is made anew may get the number of the one before.
        if self.gone.swap(false, Ordering::AcqRel) || there.is_none() {
            self.watched = None;
        }
        let Some(there) = there.filter(|there| Some(*there) != self.watched) else { return false };
        // Fails where the folder before was removed, with its watch.
        let _ = self.watcher.unwatch(&self.folder);
        tracing::info!(folder = %self.folder.display(), "a folder of models is there that was not");
        self.turn_to(there);
        true
    }

    /// Watches the folder that is there. Where that fails, perhaps for a folder in it, the rest is served all the same.
    fn turn_to(&mut self, there: Identity) {
        if let Err(error) = self.watcher.watch(&self.folder, RecursiveMode::Recursive) {
            tracing::warn!(folder = %self.folder.display(), %error, "not all of the folder of models is watched");
        }
        // What takes its place from now on is another one.
        self.watched = Some(there);
    }

    /// What was touched, once nothing has changed for a while. Where something changes all the time, whatever else came
    /// does not wait for that longer than [`PATIENCE`] whiles.
    async fn settled(&mut self, models: &Models) -> Option<Touched> {
        let mut touched = vec![self.first(models.settings.watch_settle * LOOK).await?];
        let (settle, until) =
            (models.settings.watch_settle, Instant::now() + models.settings.watch_settle * PATIENCE);
        while let Ok(next) = timeout_at(until.min(Instant::now() + settle), self.paths.recv()).await {
            let next = next?;
            if !touched.contains(&next) && touched.len() < WAITING {
                touched.push(next);
            }
        }
        if self.overflowed.swap(false, Ordering::AcqRel) || touched.len() == WAITING {
            return Some(Touched::All);
        }
        // The folder itself says nothing about a bundle.
        touched.retain(|path| *path != self.folder);
        Some(Touched::Paths(touched))
    }
}

/// Whether what is named in the event is no longer there.
fn is_end(kind: EventKind) -> bool {
    matches!(kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)))
}

/// Reading is no change; ours would be seen, too.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => true,
        EventKind::Other => false,
    }
}
