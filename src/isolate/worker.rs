//! One child that answers requests, by turns. Knows neither question nor answer.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, PipeReader, Read as _};
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::frame::{Decoder, Frame, Outlet};
use super::{Children, End, Event, Limits, Refused};

/// A child waits for its turn in silence; how long it may think is for [`Worker::ask`] to say.
const EVER: Duration = Duration::from_secs(1 << 30);
/// What is read from the pipe at once: requests are short.
const CHUNK: usize = 512;

/// A child process that answers each request of type `Q` with an `A`. Dropping it ends and reaps the child.
pub struct Worker<Q, A> {
    children: Children<A>,
    requests: Outlet,
    asks: PhantomData<fn(Q)>,
}

impl<Q: Serialize + DeserializeOwned, A: Serialize + DeserializeOwned> Worker<Q, A> {
    /// Starts a child that may add `memory` bytes of address space to what it inherits. `enter` runs in it once; what
    /// that returns answers the requests.
    ///
    /// # Errors
    /// If the kernel refuses the process or a pipe to it.
    pub fn start<F: FnMut(Q) -> A>(memory: u64, enter: impl FnOnce() -> F) -> Result<Self, Refused> {
        // To write to a child that has died is an error, and not the end of this process.
        // SAFETY: SIG_IGN is a valid disposition of SIGPIPE.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        let (inbox, requests) = io::pipe().map_err(Refused)?;
        let mut children = Children::new();
        children.spawn(0, Limits { silence: EVER, memory }, |channel| {
            let mut answer = enter();
            for request in Requests::new(inbox) {
                channel.send(&answer(request));
            }
        })?;
        Ok(Self { children, requests: Outlet::new(requests), asks: PhantomData })
    }

    /// Asks, and waits for the answer for as long as `patience`.
    ///
    /// # Errors
    /// With the child's end, if it dies of the request; silent, if it takes longer. It cannot be asked again then.
    pub fn ask(&mut self, request: &Q, patience: Duration) -> Result<A, End> {
        // A child that has died cannot be written to; how it died is what it has to say.
        let _ = self.requests.message(request);
        match self.children.next_until(Instant::now() + patience) {
            Ok(Some(Event::Message { message, .. })) => Ok(message),
            Ok(Some(Event::Ended { end, .. })) => Err(end),
            Ok(None) => Err(End::Done),
            Err(_) => Err(End::Silent(patience)),
        }
    }
}

/// The requests, as the child reads them.
struct Requests<Q> {
    pipe: PipeReader,
    decoder: Decoder,
    read: VecDeque<Q>,
}

impl<Q> Requests<Q> {
    fn new(pipe: PipeReader) -> Self {
        Self { pipe, decoder: Decoder::default(), read: VecDeque::new() }
    }
}

impl<Q: DeserializeOwned> Iterator for Requests<Q> {
    type Item = Q;

    /// None where the parent is gone.
    fn next(&mut self) -> Option<Q> {
        let mut chunk = [0; CHUNK];
        while self.read.is_empty() {
            let count = match self.pipe.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                count => count.ok().filter(|count| *count > 0)?,
            };
            let read = &mut self.read;
            self.decoder.feed(&chunk[..count], |frame| {
                let Frame::Message(bytes) = frame else { return false };
                serde_json::from_slice(bytes).map(|request| read.push_back(request)).is_ok()
            });
        }
        self.read.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: u64 = 512 << 20;
    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn requests_are_answered_in_turn_by_one_child() {
        let mut worker: Worker<u64, (u64, u32)> = Worker::start(MEMORY, || {
            let mut sum = 0;
            move |number| {
                sum += number;
                (sum, std::process::id())
            }
        })
        .unwrap();
        let (_, child) = worker.ask(&0, LONG).unwrap();
        assert_ne!(child, std::process::id());
        for (number, sum) in [(1, 1), (2, 3), (3, 6)] {
            assert_eq!(worker.ask(&number, LONG), Ok((sum, child)));
        }
    }

    #[test]
    fn long_messages_go_in_pieces_both_ways() {
        let mut worker: Worker<String, String> =
            Worker::start(MEMORY, || |request: String| request.to_uppercase()).unwrap();
        for length in [0, 1, (1 << 20) - 2, (1 << 20) - 1, 5 << 20, (32 << 20) - 2] {
            let answer = worker.ask(&"a".repeat(length), LONG);
            assert!(answer == Ok("A".repeat(length)), "{length}");
        }
    }

    #[test]
    fn a_child_that_dies_of_a_request_says_how() {
        let mut worker: Worker<i32, i32> = Worker::start(MEMORY, || {
            |signal| {
                // SAFETY: raise has no preconditions.
                unsafe { libc::raise(signal) }
            }
        })
        .unwrap();
        assert_eq!(worker.ask(&0, LONG), Ok(0));
        let killed = End::Killed { signal: libc::SIGILL, stderr: String::new() };
        assert_eq!(worker.ask(&libc::SIGILL, LONG), Err(killed));
        // Nobody reads any more.
        assert_eq!(worker.ask(&0, LONG), Err(End::Done));
    }

    #[test]
    fn a_child_that_dies_before_it_is_asked_says_how() {
        let mut worker: Worker<(), ()> = Worker::start(MEMORY, || {
            assert!(std::hint::black_box(false), "no such library");
            |()| ()
        })
        .unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let end = worker.ask(&(), LONG).unwrap_err();
        assert!(end.to_string().starts_with("panicked: no such library"), "{end}");
    }

    #[test]
    fn a_child_that_leaves_its_channel_has_not_answered() {
        let mut worker: Worker<(), ()> = Worker::start(MEMORY, || {
            // SAFETY: `_exit` has no preconditions.
            |()| unsafe { libc::_exit(0) }
        })
        .unwrap();
        let exited = End::Exited { code: 0, stderr: String::new() };
        assert_eq!(worker.ask(&(), LONG), Err(exited));
    }

    #[test]
    fn silence_is_an_end() {
        let mut worker: Worker<(), ()> =
            Worker::start(MEMORY, || |()| std::thread::sleep(Duration::from_secs(60))).unwrap();
        let patience = Duration::from_millis(100);
        let (start, end) = (Instant::now(), worker.ask(&(), patience).unwrap_err());
        assert_eq!(end, End::Silent(patience));
        assert_eq!(end.to_string(), "no answer for 100ms");
        drop(worker);
        assert!(start.elapsed() < LONG);
    }

    #[test]
    fn an_answer_of_another_kind_is_garbage() {
        let mut children: Children<u32> = Children::new();
        let limits = Limits { silence: LONG, memory: MEMORY };
        let work = |channel: &mut super::super::Channel<u32>| {
            channel.send(&1);
            channel.outlet.frame(&Frame::Message(b"\"two\"")).unwrap();
            channel.send(&3);
        };
        children.spawn(0, limits, work).unwrap();
        let garbled = End::Exited { code: 0, stderr: "garbled messages".to_owned() };
        assert_eq!(
            children.collect::<Vec<_>>(),
            [Event::Message { token: 0, message: 1 }, Event::Ended { token: 0, end: garbled }]
        );
    }
}
