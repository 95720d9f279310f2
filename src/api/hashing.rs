//! Passwords are hashed on threads that may wait, few at a time: each takes 19 MiB and a core for some hundredths of a second.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::error::ApiError;

/// Hashes at a time. More wait.
const AT_ONCE: usize = 2;
/// Those that wait for one. When it is full: 503 `signing_in_busy`, so that a flood of guesses waits outside.
const WAITING: usize = 32;

/// The places for hashing.
#[derive(Clone)]
pub(crate) struct Hashing {
    places: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), queue: Arc::new(Semaphore::new(WAITING)) }
    }
}

impl Hashing {
    /// Does this on such a thread.
    ///
    /// # Errors
    /// [`ApiError::SigningInBusy`].
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let _waits = self.queue.try_acquire().map_err(|_| ApiError::SigningInBusy)?;
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| ApiError::SigningInBusy)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.map_err(|_| ApiError::Internal("hashing a password ended early"))
    }
}
