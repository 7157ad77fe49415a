//! Tests that the control plane asks for: one method, or one authorizer, of an API as it is
//! defined now. A method goes the way of real traffic, through the same pipeline; but on a thread
//! of its own with connections of its own, so that neither a slow template nor a slow backend of
//! a test keeps a request waiting.

mod authorizer;
mod method;
mod request;

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc as handshake;
use std::time::{Duration, Instant};

use base::Random;
use ports::Pending;
use ports::test_invoke::{
    AuthorizerTest, AuthorizerTested, MethodTest, MethodTested, TestInvoke, TestInvokeError,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::exchange::IdSource;
use crate::integration::http::UpstreamSettings;
use crate::worker;
use crate::{Doors, Worker};

/// How many tests may run at a time.
const TESTS: usize = 64;

/// How often idle connections are looked over.
const PATROL: Duration = Duration::from_secs(1);

/// The thread that tests run on. It ends when this is dropped and its last test has ended.
#[derive(Debug)]
pub struct TestBench {
    /// No more wait in it than there are permits.
    jobs: UnboundedSender<Job>,
    permits: Arc<Semaphore>,
}

#[derive(Debug)]
struct Job {
    task: Task,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum Task {
    Method(Box<MethodTest>, Answer<MethodTested>),
    Authorizer(Box<AuthorizerTest>, Answer<AuthorizerTested>),
}

type Answer<T> = oneshot::Sender<Result<T, TestInvokeError>>;

/// What tests run with.
struct Bench {
    doors: Doors,
    ids: IdSource,
    worker: Worker,
}

impl TestBench {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system has no thread or no descriptor left.
    pub fn start(doors: Doors, random: Random, upstreams: UpstreamSettings) -> io::Result<Self> {
        let (jobs, received) = unbounded_channel();
        let (ready, started) = handshake::sync_channel(1);
        let ids = IdSource::new(random);
        std::thread::Builder::new().name("test-invoke".to_owned()).spawn(move || {
            let runtime = match worker::runtime() {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            drop(ready.send(Ok(())));
            let bench = Rc::new(Bench { doors, ids, worker: Worker::new(upstreams) });
            runtime.block_on(work(bench, received));
            // A name lookup cannot be interrupted and may take the resolver's whole timeout.
            runtime.shutdown_background();
        })?;
        started.recv().map_err(|_| io::Error::other("the thread of tests ended while starting"))??;
        Ok(Self { jobs, permits: Arc::new(Semaphore::new(TESTS)) })
    }
}

async fn work(bench: Rc<Bench>, mut jobs: UnboundedReceiver<Job>) {
    let mut patrol = tokio::time::interval(PATROL);
    loop {
        tokio::select! {
            job = jobs.recv() => match job {
                Some(job) => {
                    let bench = Rc::clone(&bench);
                    tokio::task::spawn_local(async move {
                        // Whoever asked may be gone.
                        match job.task {
                            Task::Method(test, answer) => {
                                drop(answer.send(method::run(*test, &bench).await));
                            }
                            Task::Authorizer(test, answer) => {
                                drop(answer.send(authorizer::run(*test, &bench).await));
                            }
                        }
                    });
                }
                None => return,
            },
            _ = patrol.tick() => bench.worker.upstreams.sweep(Instant::now()),
        }
    }
}

impl TestBench {
    fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(Answer<T>) -> Task,
    ) -> Pending<Result<T, TestInvokeError>> {
        let (answer, answered) = oneshot::channel();
        let sent = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => {
                let job = Job { task: task(answer), _permit: permit };
                self.jobs.send(job).map_err(|_| TestInvokeError::CutShort)
            }
            Err(_) => Err(TestInvokeError::Busy),
        };
        Box::pin(async move {
            sent?;
            // Without an answer the test has ended in a panic.
            answered.await.unwrap_or(Err(TestInvokeError::CutShort))
        })
    }
}

impl TestInvoke for TestBench {
    fn method(&self, test: MethodTest) -> Pending<Result<MethodTested, TestInvokeError>> {
        self.run(|answer| Task::Method(Box::new(test), answer))
    }

    fn authorizer(&self, test: AuthorizerTest) -> Pending<Result<AuthorizerTested, TestInvokeError>> {
        self.run(|answer| Task::Authorizer(Box::new(test), answer))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
