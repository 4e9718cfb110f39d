//! Whether a source of randomness is there, not constant and not repeating. Knows no source.
//!
//! This finds a source that is broken, not one that is weak: a counter that is enciphered looks
//! like randomness, and no test of its output can tell.

use std::io;

/// How much is drawn at once, in bytes.
const DRAW: usize = 64;
/// How many draws.
const DRAWS: usize = 16;
/// What may not come twice, in bytes. Sixteen bytes come twice by chance once in 2^116 checks.
const BLOCK: usize = 16;

/// Draws 1 KiB from `fill` and says what is wrong with it, and what to do about it.
///
/// # Errors
/// If `fill` fails, gives equal bytes only, counts, or gives the same block twice.
pub fn check(mut fill: impl FnMut(&mut [u8]) -> io::Result<()>) -> Result<(), String> {
    // A sorted list and no `HashSet`: that would itself want randomness, and panic without.
    let mut blocks = Vec::with_capacity(DRAWS * DRAW / BLOCK);
    for _ in 0..DRAWS {
        // A source that leaves the buffer as it is shows as one that is constant.
        let mut draw = [0; DRAW];
        fill(&mut draw).map_err(|error| {
            format!(
                "no randomness from the kernel: {error}; allow the system call `getrandom` in the seccomp profile"
            )
        })?;
        for block in draw.as_chunks::<BLOCK>().0 {
            let step = block[1].wrapping_sub(block[0]);
            if block.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step) {
                let kind = if step == 0 { "constant" } else { "a counter" };
                return Err(format!("the kernel's randomness is {kind}{ADVICE}"));
            }
            blocks.push(*block);
        }
    }
    blocks.sort_unstable();
    if blocks.array_windows().any(|[one, next]| one == next) {
        return Err(format!("the kernel's randomness repeats itself{ADVICE}"));
    }
    Ok(())
}

const ADVICE: &str =
    "; make no keys here, they can be guessed; find out what replaces the kernel's `getrandom`";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Read as _;

    /// A generator that is good enough for a test, without a kernel.
    fn splitmix(state: &mut u64, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
    }

    fn complaint(fill: impl FnMut(&mut [u8]) -> io::Result<()>) -> String {
        check(fill).unwrap_err()
    }

    #[test]
    fn good_randomness_passes() {
        let mut state = 1;
        for _ in 0..1000 {
            assert_eq!(
                check(|bytes| {
                    splitmix(&mut state, bytes);
                    Ok(())
                }),
                Ok(())
            );
        }
        let mut kernel = File::open("/dev/urandom").unwrap();
        assert_eq!(check(|bytes| kernel.read_exact(bytes)), Ok(()));
    }

    #[test]
    fn a_source_that_fails_is_told_with_its_error() {
        let complaint = complaint(|_| Err(io::Error::from_raw_os_error(1)));
        assert!(
            complaint.starts_with("no randomness from the kernel: Operation not permitted"),
            "{complaint}"
        );
        let mut left = 9;
        let late = check(|bytes| {
            left -= 1;
            splitmix(&mut left.clone(), bytes);
            if left == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
        });
        assert!(late.is_err());
    }

    #[test]
    fn a_constant_is_found() {
        for constant in [0, 0xFF, 0x5A] {
            let complaint = complaint(|bytes| {
                bytes.fill(constant);
                Ok(())
            });
            assert!(complaint.contains("is constant"), "{complaint}");
        }
        assert!(complaint(|_| Ok(())).contains("is constant"), "nothing written");
    }

    #[test]
    fn a_draw_that_is_filled_in_part_is_found() {
        let mut state = 1;
        let complaint = complaint(|bytes| {
            splitmix(&mut state, &mut bytes[..48]);
            Ok(())
        });
        assert!(complaint.contains("is constant"), "{complaint}");
    }

    #[test]
    fn a_counter_is_found() {
        let mut next = 0_u8;
        let complaint = complaint(|bytes| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(1);
            }
            Ok(())
        });
        assert!(complaint.contains("is a counter"), "{complaint}");
    }

    #[test]
    fn a_repetition_is_found() {
        let same = complaint(|bytes| {
            splitmix(&mut 7, bytes);
            Ok(())
        });
        assert!(same.contains("repeats itself"), "{same}");
        // The same state comes back after 15 draws, as after a fork that copied it.
        let mut draws = 0;
        let late = complaint(|bytes| {
            splitmix(&mut (draws % 15 * 1000), bytes);
            draws += 1;
            Ok(())
        });
        assert!(late.contains("repeats itself"), "{late}");
        let mut state = 1;
        let inside = complaint(|bytes| {
            splitmix(&mut state, bytes);
            bytes.copy_within(..16, 32);
            Ok(())
        });
        assert!(inside.contains("repeats itself"), "{inside}");
    }
}
