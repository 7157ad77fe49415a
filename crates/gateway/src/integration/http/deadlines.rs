//! When exchanges are given up. Almost every exchange is over long before its deadline, so a deadline costs no
//! more than a place in a list: one task a worker looks through those that wait, a few times a second, and only
//! while some do. A timer of the runtime would cost more than the rest of the waiting.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

/// How often is looked, and so how late an exchange may be given up.
const LOOK: Duration = Duration::from_millis(50);

/// Deadlines that are nearer than this have a timer of their own and are kept to the millisecond.
const NEAR: Duration = Duration::from_secs(2);

/// The deadline passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Late;

/// What one worker waits for.
#[derive(Debug, Default)]
pub(super) struct Deadlines(Rc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    places: RefCell<Vec<Place>>,
    /// Places that nobody has.
    free: RefCell<Vec<usize>>,
    /// Whether somebody looks.
    watched: Cell<bool>,
}

#[derive(Debug)]
enum Place {
    Free,
    Taken { deadline: Instant, waker: Waker },
    Late,
}

impl Deadlines {
    /// What `future` answers, if it does so before `deadline`; `now` is the time.
    pub(super) async fn keep<F: Future>(
        &self,
        now: Instant,
        deadline: Instant,
        mut future: Pin<&mut F>,
    ) -> Result<F::Output, Late> {
        if deadline.saturating_duration_since(now) < NEAR {
            return tokio::time::timeout_at(deadline.into(), future).await.map_err(|_| Late);
        }
        let mut wait = Wait { waiting: &self.0, place: None };
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Ok(answer)),
            Poll::Pending if wait.is_over(deadline, cx.waker()) => Poll::Ready(Err(Late)),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}

/// One exchange that waits.
struct Wait<'a> {
    waiting: &'a Rc<Waiting>,
    place: Option<usize>,
}

impl Wait<'_> {
    /// Whether the deadline has passed. Whoever has `waker` is told when it does.
    fn is_over(&mut self, deadline: Instant, waker: &Waker) -> bool {
        let mut places = self.waiting.places.borrow_mut();
        let Some(place) = self.place.and_then(|place| places.get_mut(place)) else {
            let taken = Place::Taken { deadline, waker: waker.clone() };
            let free = self.waiting.free.borrow_mut().pop();
            match free.and_then(|at| Some((at, places.get_mut(at)?))) {
                Some((at, place)) => {
                    self.place = Some(at);
                    *place = taken;
                }
                None => {
                    self.place = Some(places.len());
                    places.push(taken);
                }
            }
            if !self.waiting.watched.replace(true) {
                tokio::task::spawn_local(watch(Rc::clone(self.waiting)));
            }
            return false;
        };
        match place {
            Place::Taken { waker: own, .. } => {
                if !own.will_wake(waker) {
                    own.clone_from(waker);
                }
                false
            }
            Place::Late | Place::Free => true,
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(at) = self.place
            && let Some(place) = self.waiting.places.borrow_mut().get_mut(at)
        {
            *place = Place::Free;
            self.waiting.free.borrow_mut().push(at);
        }
    }
}

/// Looks until nobody waits.
async fn watch(waiting: Rc<Waiting>) {
    loop {
        tokio::time::sleep(LOOK).await;
        if waiting.look(Instant::now()) == 0 {
            waiting.watched.set(false);
            return;
        }
    }
}

impl Waiting {
    /// Wakes those whose deadline has passed; how many have a place.
    fn look(&self, now: Instant) -> usize {
        let mut places = self.places.borrow_mut();
        let mut taken = 0;
        for place in &mut *places {
            match place {
                Place::Free => continue,
                Place::Taken { deadline, .. } if *deadline > now => {}
                Place::Late => {}
                Place::Taken { .. } => {
                    if let Place::Taken { waker, .. } = std::mem::replace(place, Place::Late) {
                        waker.wake();
                    }
                }
            }
            taken += 1;
        }
        if taken == 0 {
            // What a crowd has needed is given back.
            *places = Vec::new();
            self.free.replace(Vec::new());
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::pin::pin;

    use futures_util::FutureExt as _;
    use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

    use super::*;

    fn runtime() -> LocalRuntime {
        Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).unwrap()
    }

    #[test]
    fn an_answer_comes_first() {
        runtime().block_on(async {
            let (deadlines, now) = (Deadlines::default(), Instant::now());
            for within in [Duration::from_millis(20), Duration::from_secs(20)] {
                assert_eq!(deadlines.keep(now, now + within, pin!(async { 1 })).await, Ok(1));
                let later = pin!(tokio::task::yield_now().map(|()| 2));
                assert_eq!(deadlines.keep(now, now + within, later).await, Ok(2));
            }
            let places = deadlines.0.places.borrow();
            assert!(matches!(places[..], [Place::Free]), "{places:?}");
        });
    }

    #[test]
    fn whoever_waits_too_long_is_late() {
        runtime().block_on(async {
            let (deadlines, now) = (Deadlines::default(), Instant::now());
            let within = Duration::from_millis(5);
            assert_eq!(deadlines.keep(now, now + within, pin!(pending::<()>())).await, Err(Late));
            // The time is an argument: this deadline is far for whoever asks, and near.
            let earlier = now.checked_sub(NEAR).unwrap();
            let far = async || deadlines.keep(earlier, now + within, pin!(pending::<()>())).await;
            assert_eq!(futures_util::future::join(far(), far()).await, (Err(Late), Err(Late)));
            assert!(now.elapsed() >= within);
        });
    }

    #[test]
    fn places_are_used_again_and_given_back() {
        runtime().block_on(async {
            let (deadlines, now) = (Deadlines::default(), Instant::now());
            let wait =
                async || deadlines.keep(now, now + Duration::from_secs(20), pin!(pending::<()>())).await;
            for _ in 0..3 {
                let (mut first, mut second) = (Box::pin(wait()), Box::pin(wait()));
                assert!((&mut first).now_or_never().is_none() && (&mut second).now_or_never().is_none());
                assert_eq!(deadlines.0.places.borrow().len(), 2);
            }
            assert_eq!(deadlines.0.look(now), 0);
            assert_eq!(deadlines.0.places.borrow().capacity(), 0);
        });
    }
}
