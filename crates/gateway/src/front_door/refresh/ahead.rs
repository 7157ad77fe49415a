//! Reading at the start: a thread reads the next stages while those before them are compiled.

use std::sync::mpsc::sync_channel;

use store::{Store, StoreFault, Transaction};

use super::RefreshError;

/// Stages that are read in one transaction. Deployments may be large, and three times as many are held.
const AT_ONCE: usize = 4;

/// Reads each of `places` and has it served, in their order. Blocks until that is done.
///
/// # Errors
/// If one of them cannot be read; those before it are served.
pub(super) fn each<P, T>(
    store: &Store,
    places: Vec<P>,
    read: impl Fn(&mut Transaction<'_>, &P) -> Result<T, StoreFault> + Copy + Send + 'static,
    serve: impl Fn(P, T),
) -> Result<(), RefreshError>
where
    P: Send + 'static,
    T: Send + 'static,
{
    if places.is_empty() {
        return Ok(());
    }
    let (sender, ready) = sync_channel(1);
    std::thread::scope(|scope| {
        std::thread::Builder::new().name("reading-ahead".to_owned()).spawn_scoped(scope, move || {
            let mut places = places.into_iter();
            loop {
                let next: Vec<P> = places.by_ref().take(AT_ONCE).collect();
                if next.is_empty() {
                    return;
                }
                let stored = store.blocking_read(move |transaction| {
                    let read = |place| {
                        let stored = read(transaction, &place)?;
                        Ok::<_, StoreFault>((place, stored))
                    };
                    next.into_iter().map(read).collect::<Result<Vec<_>, _>>()
                });
                let failed = stored.is_err();
                // Nobody takes it if what came before has failed.
                if sender.send(stored).is_err() || failed {
                    return;
                }
            }
        })?;
        for stored in ready {
            for (place, stored) in stored? {
                serve(place, stored);
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use base::Clock;
    use store::{Location, StoreOptions};

    use super::*;

    fn served(read: fn(&mut Transaction<'_>, &usize) -> Result<usize, StoreFault>) -> (Vec<usize>, bool) {
        let store = Store::open(StoreOptions { location: Location::Memory, clock: Clock::system() }).unwrap();
        let served = RefCell::new(Vec::new());
        let done = each(&store, (0..10).collect(), read, |place, stored| {
            assert_eq!(stored, place * place);
            served.borrow_mut().push(place);
        });
        (served.into_inner(), done.is_ok())
    }

    #[test]
    fn all_are_served_in_their_order() {
        assert_eq!(served(|_, place| Ok(place * place)), ((0..10).collect(), true));
    }

    #[test]
    fn what_cannot_be_read_ends_it() {
        let (served, done) = served(|_, place| match place {
            9 => Err(StoreFault::Closed),
            _ => Ok(place * place),
        });
        assert_eq!((served, done), ((0..8).collect(), false));
    }
}
