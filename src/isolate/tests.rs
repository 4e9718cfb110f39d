//! Real crashes in real child processes.

use std::arch::asm;
use std::hint::black_box;
use std::io::Read as _;
use std::os::fd::AsRawFd as _;
use std::time::Instant;

use super::*;

const LIMITS: Limits = Limits { silence: Duration::from_secs(20), memory: 64 << 20 };
const SHORT: Limits = Limits { silence: Duration::from_millis(500), memory: 64 << 20 };

/// What a child that runs `work` sends, and how it ends.
fn run(limits: Limits, work: impl FnOnce(&mut Channel<Vec<u8>>)) -> (Vec<Vec<u8>>, End) {
    let mut children = Children::new();
    children.spawn(7, limits, work).unwrap();
    let mut messages = Vec::new();
    for event in &mut children {
        match event {
            Event::Message { token, message } => {
                assert_eq!(token, 7);
                messages.push(message);
            }
            Event::Ended { token, end } => {
                assert_eq!((token, children.running()), (7, 0));
                return (messages, end);
            }
        }
    }
    panic!("no end");
}

/// Whether an emulator is at work: qemu-user does not keep to the limit of address space.
fn emulated() -> bool {
    !crate::image::platform::read().emulated.is_empty()
}

/// How a child that runs `work` ends, as the user reads it.
fn end(work: impl FnOnce()) -> String {
    run(LIMITS, |_| work()).1.to_string()
}

fn illegal_instruction() {
    // SAFETY: the process dies here, which is the point.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("ud2");
        #[cfg(target_arch = "aarch64")]
        asm!("udf #0");
    }
}

fn null_write() {
    // SAFETY: the process dies here, which is the point.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("mov byte ptr [{0}], 0", in(reg) 0_usize);
        #[cfg(target_arch = "aarch64")]
        asm!("strb wzr, [{0}]", in(reg) 0_usize);
    }
}

fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 32]);
    if black_box(true) { recurse(depth + 1) + frame[3] } else { 0 }
}

fn overflow_the_stack() {
    assert_eq!(recurse(0), 0, "never comes back");
}

fn hoard() {
    let mut heap = Vec::new();
    loop {
        heap.push(black_box(vec![1_u8; 1 << 20]));
    }
}

fn hang() {
    while black_box(true) {
        std::hint::spin_loop();
    }
}

fn say(stream: i32, text: &str) {
    // SAFETY: `text` is valid to read.
    let written = unsafe { libc::write(stream, text.as_ptr().cast(), text.len()) };
    assert_eq!(written, text.len() as isize);
}

#[test]
fn a_closure_that_returns_is_done() {
    let (messages, end) = run(LIMITS, |channel| {
        channel.send(&b"one".to_vec());
        channel.send(&b"".to_vec());
        channel.send(&vec![3; 200_000]);
    });
    assert_eq!(messages, [b"one".to_vec(), Vec::new(), vec![3; 200_000]]);
    assert_eq!(end, End::Done);
}

#[test]
fn a_panic_is_told_with_its_place() {
    let end = end(|| panic!("wrong\nby {}", 1));
    assert!(end.starts_with("panicked: wrong by 1 (src/isolate/tests.rs:"), "{end}");
}

#[test]
fn a_panic_through_c_is_an_abort_that_says_why() {
    extern "C" fn through_c() {
        panic!("no way out");
    }
    let end = end(|| through_c());
    assert!(end.starts_with("killed by SIGABRT (abort): panicked: no way out"), "{end}");
}

#[test]
fn signals_are_told_by_name() {
    // SAFETY: abort has no preconditions.
    assert_eq!(end(|| unsafe { libc::abort() }), "killed by SIGABRT (abort)");
    assert_eq!(end(null_write), "killed by SIGSEGV (invalid memory access or stack overflow)");
    assert_eq!(end(illegal_instruction), "killed by SIGILL (illegal instruction)");
    // SAFETY: raise has no preconditions.
    let raise = || assert_eq!(unsafe { libc::raise(40) }, 0);
    assert_eq!(end(raise), "killed by signal 40");
}

#[test]
fn a_stack_overflow_is_a_result() {
    assert_eq!(end(overflow_the_stack), "killed by SIGSEGV (invalid memory access or stack overflow)");
}

#[test]
fn memory_without_end_ends() {
    let end = end(hoard);
    // With RUST_BACKTRACE set, a backtrace follows.
    let expected = if emulated() {
        "killed by SIGKILL (killed from outside, often for lack of memory): used more than 64 MiB of memory"
    } else {
        "killed by SIGABRT (abort): memory allocation of 1048576 bytes failed"
    };
    assert!(end.starts_with(expected), "{end}");
}

#[test]
fn memory_without_end_ends_where_the_limit_is_not_kept() {
    let limits = Limits { silence: Duration::from_secs(20), memory: 4 << 20 };
    let (_, end) = run(limits, |_| {
        memory::uncap(libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY });
        let much = vec![1_u8; memory::own_size() as usize + (64 << 20)];
        std::thread::sleep(Duration::from_secs(20));
        drop(much);
    });
    let stderr = "used more than 4 MiB of memory".to_owned();
    assert_eq!(end, End::Killed { signal: libc::SIGKILL, stderr });
}

#[test]
fn a_library_that_calls_exit_has_not_returned() {
    for code in [0, 3] {
        let (messages, end) = run(LIMITS, |channel| {
            channel.send(&b"before".to_vec());
            say(libc::STDERR_FILENO, "assertion failed\n");
            // SAFETY: what runs at exit touches nothing of the parent's.
            unsafe { libc::exit(code) };
        });
        assert_eq!(messages, [b"before"]);
        assert_eq!(end, End::Exited { code, stderr: "assertion failed".to_owned() });
        assert_eq!(end.to_string(), format!("called exit with code {code}: assertion failed"));
    }
}

#[test]
fn an_endless_loop_is_ended_after_its_silence() {
    let (messages, end) = run(SHORT, |channel| {
        for _ in 0..4 {
            std::thread::sleep(Duration::from_millis(150));
            channel.send(&b"alive".to_vec());
        }
        loop {
            say(libc::STDERR_FILENO, "chatter is no answer\n");
        }
    });
    assert_eq!(messages.len(), 4);
    assert_eq!(end, End::Silent(SHORT.silence));
    assert_eq!(end.to_string(), "no answer for 500ms");
}

#[test]
fn what_was_sent_while_the_parent_was_busy_counts() {
    let mut children = Children::new();
    children.spawn(0, SHORT, |channel| channel.send(&b"in time".to_vec())).unwrap();
    std::thread::sleep(SHORT.silence * 2);
    let events: Vec<_> = children.collect();
    assert!(matches!(events[..], [Event::Message { .. }, Event::Ended { end: End::Done, .. }]), "{events:?}");
}

#[test]
fn messages_before_a_crash_arrive() {
    for crash in [illegal_instruction, null_write, hoard] {
        let (messages, end) = run(LIMITS, |channel| {
            (0..1000_u32).for_each(|n| channel.send(&n.to_le_bytes().to_vec()));
            crash();
        });
        let expected: Vec<_> = (0..1000_u32).map(u32::to_le_bytes).collect();
        assert_eq!(messages, expected);
        assert!(matches!(end, End::Killed { .. }), "{end}");
    }
}

#[test]
fn the_last_of_a_long_stderr_is_told() {
    let mut children = Children::new();
    let work = |_: &mut Channel<()>| {
        say(libc::STDERR_FILENO, &"noise ".repeat(10_000));
        say(libc::STDERR_FILENO, "the cause");
        illegal_instruction();
    };
    children.spawn(0, LIMITS, work).unwrap();
    // Everything waits in the pipe by the time the parent looks.
    std::thread::sleep(Duration::from_millis(300));
    let Some(Event::Ended { end, .. }) = children.next() else { panic!("no end") };
    assert!(end.to_string().ends_with("noise the cause"), "{end}");
}

#[test]
fn garbage_in_the_pipe_is_not_believed() {
    let (messages, end) = run(LIMITS, |channel| {
        channel.send(&b"good".to_vec());
        // Among the descriptors are sockets of tests that run beside this one, and those answer with a signal.
        // SAFETY: SIG_IGN is a valid disposition of SIGPIPE.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        // A corrupted child writes to every descriptor it finds.
        let garbage = [0xAA_u8; 100];
        for fd in 3..64 {
            // SAFETY: `garbage` is valid to read.
            unsafe { libc::write(fd, garbage.as_ptr().cast(), garbage.len()) };
        }
        channel.send(&b"bad".to_vec());
    });
    assert_eq!(messages, [b"good"]);
    assert!(
        matches!(&end, End::Exited { code: 0, stderr } if stderr.starts_with("garbled messages")),
        "{end}"
    );
}

#[test]
fn a_message_that_is_too_long_is_a_panic() {
    let limits = Limits { memory: 512 << 20, ..LIMITS };
    // As JSON a zero is two bytes, with its comma.
    let (_, end) = run(limits, |channel| channel.send(&vec![0; frame::MOST / 2 + 1]));
    assert!(end.to_string().contains("longer than the limit"), "{end}");
}

#[test]
fn a_child_that_closes_its_channel_holds_nobody_up() {
    let start = Instant::now();
    let (_, end) = run(LIMITS, |_| {
        for fd in 3..64 {
            // SAFETY: this process uses none of them any more.
            unsafe { libc::close(fd) };
        }
        std::thread::sleep(Duration::from_secs(30));
    });
    assert!(matches!(end, End::Killed { signal: libc::SIGKILL, .. }), "{end}");
    assert!(start.elapsed() < LIMITS.silence);
}

#[test]
fn children_run_at_the_same_time() {
    let (mut first_hears, mut second_says) = std::io::pipe().unwrap();
    let mut children = Children::new();
    children
        .spawn(1, LIMITS, |channel| {
            let mut word = [0];
            first_hears.read_exact(&mut word).unwrap();
            channel.send(&word.to_vec());
        })
        .unwrap();
    children.spawn(2, LIMITS, |_| std::io::Write::write_all(&mut second_says, b"!").unwrap()).unwrap();
    assert_eq!(children.running(), 2);
    let messages: Vec<_> = children
        .filter_map(
            |event| if let Event::Message { token, message } = event { Some((token, message)) } else { None },
        )
        .collect();
    assert_eq!(messages, [(1, b"!".to_vec())]);
}

#[test]
fn waiting_ends_at_the_deadline_and_the_child_runs_on() {
    let (mut word, mut given) = std::io::pipe().unwrap();
    let mut children = Children::new();
    assert_eq!(children.next_until(Instant::now()), Ok(None));
    children
        .spawn(0, LIMITS, |channel| {
            word.read_exact(&mut [0]).unwrap();
            channel.send(&b"late".to_vec());
        })
        .unwrap();
    assert_eq!(children.next_until(Instant::now() + Duration::from_millis(10)), Err(Timeout));
    assert_eq!(children.next_until(Instant::now()), Err(Timeout));
    std::io::Write::write_all(&mut given, b"!").unwrap();
    assert_eq!(children.next(), Some(Event::Message { token: 0, message: b"late".to_vec() }));
}

#[test]
fn nothing_is_left_after_a_drop() {
    let (messages, end) = run(LIMITS, |channel| {
        let mut children = Children::new();
        children.spawn(0, LIMITS, |_| hang()).unwrap();
        children.spawn(1, LIMITS, |_| std::thread::sleep(Duration::from_secs(60))).unwrap();
        children.spawn(2, LIMITS, |channel| channel.send(&b"unheard".to_vec())).unwrap();
        assert!(children.next().is_some());
        drop(children);
        // SAFETY: a null status is allowed.
        let pid = unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) };
        let error = io::Error::last_os_error().raw_os_error();
        channel.send(&format!("{pid} {error:?}").into_bytes());
    });
    assert!(matches!(end, End::Done), "{end}");
    assert_eq!(messages, [format!("-1 {:?}", Some(libc::ECHILD)).as_bytes()]);
}

#[test]
fn a_child_does_not_outlive_its_parent() {
    let (alive, hold) = std::io::pipe().unwrap();
    let (_, end) = run(LIMITS, |_| {
        let mut children = Children::<()>::new();
        children.spawn(0, LIMITS, |_| std::thread::sleep(Duration::from_secs(60))).unwrap();
        illegal_instruction();
    });
    assert!(matches!(end, End::Killed { signal: libc::SIGILL, .. }), "{end}");
    // The grandchild holds the other end of this pipe for as long as it lives.
    drop(hold);
    let start = Instant::now();
    assert_eq!({ alive }.read(&mut [0]).unwrap(), 0);
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_child_writes_nothing_to_our_stdout() {
    let (_, end) = run(LIMITS, |_| {
        let (mut report, stdout) = std::io::pipe().unwrap();
        // SAFETY: `stdout` is open.
        unsafe { libc::dup2(stdout.as_raw_fd(), libc::STDOUT_FILENO) };
        let (_, end) = run(LIMITS, |_| say(libc::STDOUT_FILENO, "noise"));
        assert!(matches!(end, End::Done));
        let (_, end) = here(LIMITS, |_: &mut dyn FnMut(())| say(libc::STDOUT_FILENO, "noise"));
        assert!(matches!(end, End::Done));
        say(libc::STDOUT_FILENO, "verdict");
        let mut text = [0; 100];
        let length = report.read(&mut text).unwrap();
        assert_eq!(&text[..length], b"verdict");
    });
    assert!(matches!(end, End::Done), "{end}");
}

#[test]
fn work_done_here_leaves_the_panic_hook_as_it_was() {
    extern "C" fn through_c() {
        panic!("seen by the hook");
    }
    let (_, end) = run(LIMITS, |_| {
        std::panic::set_hook(Box::new(|_| say(libc::STDERR_FILENO, "own hook ")));
        here(LIMITS, |_: &mut dyn FnMut(())| ());
        through_c();
    });
    assert!(end.to_string().starts_with("killed by SIGABRT (abort): own hook"), "{end}");
}

/// Makes the kernel answer EAGAIN to a fork, as under a pids limit.
fn refuse_processes() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `none` is valid to read; both calls concern this process alone. Root knows no such
    // limit, so root becomes nobody.
    unsafe {
        assert!(libc::geteuid() != 0 || libc::setuid(65534) == 0);
        assert_eq!(libc::setrlimit(libc::RLIMIT_NPROC, &raw const none), 0);
    }
}

#[test]
fn where_fork_is_refused_work_runs_here() {
    let (messages, end) = run(LIMITS, |channel| {
        refuse_processes();
        let refused = Children::<()>::new().spawn(0, LIMITS, |_| ()).unwrap_err();
        assert_eq!(refused.0.raw_os_error(), Some(libc::EAGAIN));
        let (messages, end) = here(LIMITS, |send| {
            send("one");
            send("two");
        });
        assert_eq!(messages, ["one", "two"]);
        assert!(matches!(end, End::Done));
        let (messages, end) = here(LIMITS, |send| {
            send("before");
            panic!("in process");
        });
        assert_eq!(messages, ["before"]);
        channel.send(&end.to_string().into_bytes());
    });
    assert!(matches!(end, End::Done), "{end}");
    let text = String::from_utf8(messages.concat()).unwrap();
    assert!(text.starts_with("panicked: in process (src/isolate/tests.rs"), "{text}");
}

#[test]
fn last_words_are_one_line_and_the_exit_code() {
    let armed = |deadline, crash: fn()| {
        let (_, end) = run(LIMITS, |_| {
            let _armed = last_words(deadline, Stream::Stdout, "unhealthy: in process", 9);
            // The lines still come out where `here` has led stdout away.
            here(LIMITS, |_: &mut dyn FnMut(())| crash());
        });
        let End::Exited { code: 9, stderr } = end else { panic!("{end}") };
        stderr
    };
    let long = Duration::from_secs(60);
    assert_eq!(
        armed(long, illegal_instruction),
        "unhealthy: in process: killed by SIGILL (illegal instruction)"
    );
    assert_eq!(
        armed(long, overflow_the_stack),
        "unhealthy: in process: killed by SIGSEGV (invalid memory access or stack overflow)"
    );
    assert_eq!(
        armed(Duration::from_millis(20), hang),
        "unhealthy: in process: pqcheck itself gave no answer within 20 ms (--deadline)"
    );
    assert_eq!(
        armed(Duration::ZERO, hang),
        "unhealthy: in process: pqcheck itself gave no answer within 0 us (--deadline)"
    );
    if emulated() {
        return;
    }
    let line = armed(long, hoard);
    assert!(line.ends_with("unhealthy: in process: killed by SIGABRT (abort)"), "{line}");
}

#[test]
fn last_words_are_not_said_once_disarmed() {
    let (_, end) = run(LIMITS, |_| {
        drop(last_words(Duration::from_millis(5), Stream::Stdout, "unhealthy", 9));
        std::thread::sleep(Duration::from_millis(20));
        illegal_instruction();
    });
    assert_eq!(end, End::Killed { signal: libc::SIGILL, stderr: String::new() });
}
