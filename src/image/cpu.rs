//! What the processor can do, as far as some code path asks. Knows no backend.

/// A processor feature that a code path may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// x86-64 AVX2.
    Avx2,
    /// x86-64 BMI1.
    Bmi1,
    /// x86-64 BMI2.
    Bmi2,
    /// x86-64 POPCNT.
    Popcnt,
    /// x86-64 AES-NI.
    Aes,
    /// x86-64 PCLMULQDQ.
    Pclmulqdq,
    /// Arm Advanced SIMD.
    Neon,
    /// Armv8.2 SHA-3 instructions.
    Sha3,
}

impl Feature {
    /// Every feature, in report order.
    pub const ALL: [Self; 8] = [
        Self::Avx2,
        Self::Bmi1,
        Self::Bmi2,
        Self::Popcnt,
        Self::Aes,
        Self::Pclmulqdq,
        Self::Neon,
        Self::Sha3,
    ];

    /// The names of several, for a sentence.
    pub fn names(features: &[Self]) -> String {
        features.iter().map(|feature| feature.name()).collect::<Vec<_>>().join(", ")
    }

    /// The word used in reports: the kernel's in /proc/cpuinfo, `neon` for `asimd`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Avx2 => "avx2",
            Self::Bmi1 => "bmi1",
            Self::Bmi2 => "bmi2",
            Self::Popcnt => "popcnt",
            Self::Aes => "aes",
            Self::Pclmulqdq => "pclmulqdq",
            Self::Neon => "neon",
            Self::Sha3 => "sha3",
        }
    }

    /// Whether this processor has it.
    #[cfg(target_arch = "x86_64")]
    pub fn is_present(self) -> bool {
        match self {
            Self::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
            Self::Bmi1 => std::arch::is_x86_feature_detected!("bmi1"),
            Self::Bmi2 => std::arch::is_x86_feature_detected!("bmi2"),
            Self::Popcnt => std::arch::is_x86_feature_detected!("popcnt"),
            Self::Aes => std::arch::is_x86_feature_detected!("aes"),
            Self::Pclmulqdq => std::arch::is_x86_feature_detected!("pclmulqdq"),
            Self::Neon | Self::Sha3 => false,
        }
    }

    /// Whether this processor has it.
    #[cfg(target_arch = "aarch64")]
    pub fn is_present(self) -> bool {
        match self {
            Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            Self::Sha3 => std::arch::is_aarch64_feature_detected!("sha3"),
            _ => false,
        }
    }

    /// Whether this processor has it.
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub fn is_present(self) -> bool {
        false
    }
}

/// The x86-64 level of this processor, 1 to 4; none on another architecture.
#[cfg(target_arch = "x86_64")]
pub fn x86_level() -> Option<u8> {
    macro_rules! all {
        ($($feature:tt)*) => { $(std::arch::is_x86_feature_detected!($feature))&&* };
    }
    let second = all!("cmpxchg16b" "popcnt" "sse3" "sse4.1" "sse4.2" "ssse3");
    let third = second && all!("avx" "avx2" "bmi1" "bmi2" "f16c" "fma" "lzcnt" "movbe");
    let fourth = third && all!("avx512f" "avx512bw" "avx512cd" "avx512dq" "avx512vl");
    Some(1 + u8::from(second) + u8::from(third) + u8::from(fourth))
}

/// The x86-64 level of this processor, 1 to 4; none on another architecture.
#[cfg(not(target_arch = "x86_64"))]
pub fn x86_level() -> Option<u8> {
    None
}

/// The processor's name as the kernel gives it, if it does.
///
/// Under emulation that may be the name of the machine beneath.
pub fn model() -> Option<String> {
    name_in(&std::fs::read_to_string("/proc/cpuinfo").ok()?)
}

/// The name in the text of /proc/cpuinfo: x86 spells it out, Arm gives two numbers.
fn name_in(cpuinfo: &str) -> Option<String> {
    if let Some(name) = field(cpuinfo, "model name") {
        return Some(name.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty());
    }
    let numbers = (field(cpuinfo, "CPU implementer")?, field(cpuinfo, "CPU part")?);
    let known = ARM_CORES.iter().find(|(implementer, part, _)| (*implementer, *part) == numbers);
    Some(known.map_or_else(
        || format!("Arm implementer {}, part {}", numbers.0, numbers.1),
        |(_, _, name)| (*name).to_owned(),
    ))
}

/// The first value of `key` in the text of /proc/cpuinfo.
pub(super) fn field<'a>(cpuinfo: &'a str, key: &str) -> Option<&'a str> {
    cpuinfo.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim())
    })
}

/// Implementer, part and name of cores that are common where containers run.
const ARM_CORES: [(&str, &str, &str); 14] = [
    ("0x41", "0xd03", "Cortex-A53"),
    ("0x41", "0xd05", "Cortex-A55"),
    ("0x41", "0xd07", "Cortex-A57"),
    ("0x41", "0xd08", "Cortex-A72"),
    ("0x41", "0xd0b", "Cortex-A76"),
    ("0x41", "0xd0c", "Neoverse-N1"),
    ("0x41", "0xd40", "Neoverse-V1"),
    ("0x41", "0xd41", "Cortex-A78"),
    ("0x41", "0xd49", "Neoverse-N2"),
    ("0x41", "0xd4f", "Neoverse-V2"),
    ("0x41", "0xd84", "Neoverse-V3"),
    ("0x46", "0x001", "A64FX"),
    ("0xc0", "0xac3", "Ampere-1"),
    ("0xc0", "0xac4", "Ampere-1A"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_x86_and_arm_write_them() {
        assert_eq!(
            name_in("processor\t: 0\nmodel\t\t: 2\nmodel name\t: AMD  EPYC\n").as_deref(),
            Some("AMD EPYC")
        );
        let arm = "processor\t: 0\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n";
        assert_eq!(name_in(arm).as_deref(), Some("Cortex-A72"));
        assert_eq!(
            name_in(&arm.replace("0xd08", "0xfff")).as_deref(),
            Some("Arm implementer 0x41, part 0xfff")
        );
        for none in ["", "model name\t:\n", "no colon", "CPU part: 0xd08"] {
            assert_eq!(name_in(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_feature_of_the_other_architecture_is_absent() {
        let other = if cfg!(target_arch = "x86_64") { Feature::Neon } else { Feature::Avx2 };
        assert!(!other.is_present());
    }
}
