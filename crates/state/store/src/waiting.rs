//! Waiting for a future on a thread that runs no tasks: start-up, the command line,
//! workers.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Runs `future` on this thread, which sleeps while it waits. It needs no runtime and can
/// be called on a runtime's own threads (where it stalls that thread's other tasks).
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    // Unconstrained: on a runtime's thread tokio would otherwise charge this wait to the
    // running task's budget, which nothing here can refill once it is spent.
    let mut future = pin!(tokio::task::unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
