//! The parent's side: makes children, listens to them, ends them. Knows nothing of what they do.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, PipeReader, Read as _};
use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use libc::{c_int, pid_t};
use serde::de::DeserializeOwned;

use super::frame::{Decoder, Frame};
use super::tail::{Tail, one_line};
use super::{Channel, End, Event, Limits, Refused, Timeout, child, memory};

/// How often the memory of children that say nothing is looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// How long this process is taken to keep its size: asking /proc costs half as much as a fork.
const FRESH: Duration = Duration::from_millis(50);
/// What is read from a pipe at once.
const CHUNK: usize = 16 << 10;

/// Some children of this process, which send messages of type `M`. Dropping it ends and reaps them all.
pub struct Children<M> {
    running: Vec<Child>,
    events: VecDeque<Event<M>>,
    polled: Vec<libc::pollfd>,
    chunk: Box<[u8]>,
    size: Option<(Instant, u64)>,
}

impl<M: DeserializeOwned> Default for Children<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: DeserializeOwned> Children<M> {
    /// No children yet.
    pub fn new() -> Self {
        // Whoever started this process may have had SIGCHLD ignored, and then the kernel throws
        // away how children ended.
        // SAFETY: SIG_DFL is a valid disposition of SIGCHLD.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
        Self {
            running: Vec::new(),
            events: VecDeque::new(),
            polled: Vec::new(),
            chunk: vec![0; CHUNK].into_boxed_slice(),
            size: None,
        }
    }

    /// Runs `work` in a new child process; what it sends comes back with `token`.
    ///
    /// # Errors
    /// If the kernel refuses the process (a pids limit, a seccomp filter) or a pipe to it. Where
    /// other children run, there may be room once one of them has ended.
    pub fn spawn(
        &mut self,
        token: usize,
        limits: Limits,
        work: impl FnOnce(&mut Channel<M>),
    ) -> Result<(), Refused> {
        let (messages, channel) = io::pipe().map_err(Refused)?;
        let (stderr, outlet) = io::pipe().map_err(Refused)?;
        let parent = std::process::id();
        let most = self.size().saturating_add(limits.memory);
        // SAFETY: this program starts no threads, so the child inherits no lock that is held by a
        // thread which it lacks. The child leaves `live` only by `_exit`.
        let pid = unsafe { libc::fork() };
        match pid {
            -1 => Err(Refused(io::Error::last_os_error())),
            0 => child::live(parent, most, channel, &outlet, work),
            _ => {
                self.running.push(Child {
                    token,
                    pid,
                    limits,
                    messages,
                    stderr: Some(stderr),
                    decoder: Decoder::default(),
                    tail: Tail::default(),
                    heard: Instant::now(),
                    ending: None,
                });
                Ok(())
            }
        }
    }

    /// How many children have not ended yet.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// As [`next`](Iterator::next), but gives up at the deadline.
    ///
    /// # Errors
    /// If nothing happened before the deadline. The children run on.
    pub fn next_until(&mut self, deadline: Instant) -> Result<Option<Event<M>>, Timeout> {
        self.wait(Some(deadline))
    }

    fn wait(&mut self, deadline: Option<Instant>) -> Result<Option<Event<M>>, Timeout> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if self.running.is_empty() {
                return Ok(None);
            }
            // Taken before the poll: a child is silent only if its time was up and then still
            // nothing was there. What was sent while the parent was busy counts.
            let asked = Instant::now();
            if self.poll(asked, deadline) {
                self.listen();
            } else {
                self.end_the_greedy();
            }
            self.end_the_silent(asked);
            if self.events.is_empty() && deadline.is_some_and(|deadline| asked >= deadline) {
                return Err(Timeout);
            }
        }
    }

    /// Waits until some child said something; false if none did in time.
    fn poll(&mut self, now: Instant, deadline: Option<Instant>) -> bool {
        let mut patience =
            deadline.map_or(GLANCE, |deadline| deadline.saturating_duration_since(now).min(GLANCE));
        self.polled.clear();
        for child in &self.running {
            patience = patience.min(child.patience(now));
            // The kernel passes over negative descriptors.
            let stderr = child.stderr.as_ref().map_or(-1, |pipe| pipe.as_raw_fd());
            for fd in [child.messages.as_raw_fd(), stderr] {
                self.polled.push(libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
            }
        }
        // Rounded up, so that the time is over when the kernel says so; at most GLANCE, so no overflow.
        let milliseconds = patience.as_micros().div_ceil(1000) as c_int;
        let count = self.polled.len() as libc::nfds_t;
        // SAFETY: `polled` holds `count` entries. An interrupted call (EINTR) reports nothing.
        unsafe { libc::poll(self.polled.as_mut_ptr(), count, milliseconds) > 0 }
    }

    /// Reads what the children said; who is through, is reaped.
    fn listen(&mut self) {
        for index in (0..self.running.len()).rev() {
            let [messages, stderr] = [0, 1].map(|stream| self.polled[2 * index + stream].revents != 0);
            let child = &mut self.running[index];
            if stderr {
                child.read_stderr(&mut self.chunk);
            }
            if messages {
                let open = child.read_messages(&mut self.chunk, &mut self.events);
                if !open || child.ending.is_some() {
                    self.end(index);
                }
            }
        }
    }

    fn end_the_silent(&mut self, now: Instant) {
        for index in (0..self.running.len()).rev() {
            let child = &mut self.running[index];
            if child.patience(now).is_zero() {
                child.kill();
                child.ending = Some(Ending::Silent);
                self.end(index);
            }
        }
    }

    /// The address space of this process, in bytes, as it is now or was a moment ago.
    fn size(&mut self) -> u64 {
        match self.size {
            Some((when, size)) if when.elapsed() < FRESH => size,
            _ => {
                let size = memory::own_size();
                self.size = Some((Instant::now(), size));
                size
            }
        }
    }

    /// Ends children that hold more memory than they may: where the kernel or an emulator does not
    /// keep to the limit that they set themselves.
    fn end_the_greedy(&mut self) {
        let own = self.size();
        for index in (0..self.running.len()).rev() {
            let child = &mut self.running[index];
            let most = own.saturating_add(child.limits.memory);
            if memory::resident(child.pid).is_some_and(|held| held > most) {
                child.kill();
                child.ending = Some(Ending::Greedy);
                self.end(index);
            }
        }
    }

    /// Takes the child at `index` out and says how it ended.
    fn end(&mut self, index: usize) {
        let mut child = self.running.remove(index);
        let end = child.end(&mut self.chunk, &mut self.events);
        self.events.push_back(Event::Ended { token: child.token, end });
    }
}

impl<M: DeserializeOwned> Iterator for Children<M> {
    type Item = Event<M>;

    /// Waits for the next event; `None` when no child is left.
    ///
    /// All messages of a child come before its end. Children may be spawned in between.
    fn next(&mut self) -> Option<Event<M>> {
        // Without a deadline there is no timeout.
        self.wait(None).ok().flatten()
    }
}

impl<M> Drop for Children<M> {
    fn drop(&mut self) {
        for child in &self.running {
            child.kill();
        }
        for child in &self.running {
            child.reap();
        }
    }
}

/// A child as its parent knows it.
struct Child {
    token: usize,
    pid: pid_t,
    limits: Limits,
    messages: PipeReader,
    /// None once the child has closed it.
    stderr: Option<PipeReader>,
    decoder: Decoder,
    tail: Tail,
    /// When the child last sent something.
    heard: Instant,
    ending: Option<Ending>,
}

/// What is known of a child's end before it is reaped.
enum Ending {
    Done,
    Panicked(String),
    Silent,
    Greedy,
}

impl Child {
    /// How much longer the child may say nothing.
    fn patience(&self, now: Instant) -> Duration {
        self.limits.silence.saturating_sub(now.saturating_duration_since(self.heard))
    }

    /// Reads once from the pipe, which is ready; false if the child closed it.
    fn read_messages<M: DeserializeOwned>(
        &mut self,
        chunk: &mut [u8],
        events: &mut VecDeque<Event<M>>,
    ) -> bool {
        let count = match self.messages.read(chunk) {
            Ok(0) => return false,
            Ok(count) => count,
            Err(error) => return error.kind() == ErrorKind::Interrupted,
        };
        let (token, ending) = (self.token, &mut self.ending);
        self.decoder.feed(&chunk[..count], |frame| {
            match frame {
                Frame::Message(bytes) => match serde_json::from_slice(bytes) {
                    Ok(message) => events.push_back(Event::Message { token, message }),
                    Err(_) => return false,
                },
                Frame::Panic(text) => *ending = Some(Ending::Panicked(one_line(text))),
                Frame::Done => *ending = Some(Ending::Done),
                Frame::Piece(_) => {}
            }
            true
        });
        if !self.decoder.is_garbled() {
            self.heard = Instant::now();
        }
        true
    }

    /// Reads once from the pipe, which is ready.
    fn read_stderr(&mut self, chunk: &mut [u8]) {
        let Some(pipe) = &mut self.stderr else { return };
        match pipe.read(chunk) {
            Ok(0) => self.stderr = None,
            Ok(count) => self.tail.push(&chunk[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => self.stderr = None,
        }
    }

    /// Waits for the end and hears the last words.
    fn end<M: DeserializeOwned>(&mut self, chunk: &mut [u8], events: &mut VecDeque<Event<M>>) -> End {
        // A child that has closed its channel or said its last word should be on its way out; one
        // that is not must not hold up the others. On one that is, the signal has no effect: the
        // kernel settles how a process ends before it closes its files.
        self.kill();
        let status = self.reap();
        if !matches!(self.ending, Some(Ending::Done)) {
            while is_waiting(&self.messages) && self.read_messages(chunk, events) {}
            while self.stderr.as_ref().is_some_and(is_waiting) {
                self.read_stderr(chunk);
            }
        }
        let by_parent = libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGKILL;
        match self.ending.take() {
            Some(Ending::Done) => End::Done,
            Some(Ending::Panicked(text)) => End::Panicked(text),
            Some(Ending::Silent) if by_parent => End::Silent(self.limits.silence),
            Some(Ending::Greedy) if by_parent => {
                let most = self.limits.memory >> 20;
                End::Killed { signal: libc::SIGKILL, stderr: format!("used more than {most} MiB of memory") }
            }
            _ if libc::WIFSIGNALED(status) => {
                End::Killed { signal: libc::WTERMSIG(status), stderr: self.last_words() }
            }
            _ => End::Exited { code: libc::WEXITSTATUS(status), stderr: self.last_words() },
        }
    }

    fn last_words(&self) -> String {
        let mut words = self.tail.line();
        // What qemu-user adds repeats the signal, and claims a core that it does not write.
        if let Some(start) = words.find("qemu: uncaught target signal") {
            words.truncate(words[..start].trim_end().len());
        }
        if self.decoder.is_garbled() {
            words.insert_str(0, if words.is_empty() { "garbled messages" } else { "garbled messages, " });
        }
        words
    }

    fn kill(&self) {
        // SAFETY: kill has no preconditions; `pid` is a child that was not reaped yet.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
    }

    /// The wait status. The child must be ending.
    fn reap(&self) -> c_int {
        let mut status = 0;
        // SAFETY: `status` is a valid place to write to.
        while unsafe { libc::waitpid(self.pid, &raw mut status, 0) } == -1 {
            if io::Error::last_os_error().kind() != ErrorKind::Interrupted {
                break;
            }
        }
        status
    }
}

/// Takes leave of processes that have ended and that nobody else waits for: in a container the first process inherits
/// what others leave behind. Only for when no [`Children`] has any running, because it would take leave of those too.
pub fn reap_orphans() {
    // SAFETY: without a place for the status, waitpid has no preconditions.
    while unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } > 0 {}
}

/// Whether a read would return bytes at once.
fn is_waiting(pipe: &PipeReader) -> bool {
    let mut count: c_int = 0;
    // SAFETY: FIONREAD writes one int.
    unsafe { libc::ioctl(pipe.as_raw_fd(), libc::FIONREAD, &raw mut count) == 0 && count > 0 }
}
