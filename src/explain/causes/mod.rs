//! The causes of failed builds and starts, one file each.

use super::cause::Cause;

mod apt_package_missing;
mod apt_stale_index;
mod bad_shebang;
mod base_image_missing;
mod cli_flag;
mod cmake_missing_or_too_old;
mod compiler_missing;
mod copy_source_missing;
mod disk_full;
mod dns_failure;
mod exec_format;
mod glibc_too_old;
mod illegal_instruction;
mod libc_mismatch;
mod libclang_missing;
mod liboqs_library_missing;
mod liboqs_version_mismatch;
mod network_reset;
mod oqs_header_missing;
mod out_of_memory;
mod permission_denied;
mod pip_build_failed;
mod pip_conflict;
mod process_limit;
mod python_import_name;
mod python_module_missing;
mod shared_library_missing;
mod stage_missing;
mod tls_ca;

/// Every cause.
pub static ALL: &[&Cause] = &[
    &oqs_header_missing::CAUSE,
    &liboqs_library_missing::CAUSE,
    &liboqs_version_mismatch::CAUSE,
    &cmake_missing_or_too_old::CAUSE,
    &libclang_missing::CAUSE,
    &compiler_missing::CAUSE,
    &pip_conflict::CAUSE,
    &pip_build_failed::CAUSE,
    &copy_source_missing::CAUSE,
    &stage_missing::CAUSE,
    &exec_format::CAUSE,
    &bad_shebang::CAUSE,
    &libc_mismatch::CAUSE,
    &glibc_too_old::CAUSE,
    &shared_library_missing::CAUSE,
    &python_import_name::CAUSE,
    &python_module_missing::CAUSE,
    &network_reset::CAUSE,
    &dns_failure::CAUSE,
    &tls_ca::CAUSE,
    &apt_package_missing::CAUSE,
    &apt_stale_index::CAUSE,
    &base_image_missing::CAUSE,
    &disk_full::CAUSE,
    &out_of_memory::CAUSE,
    &process_limit::CAUSE,
    &illegal_instruction::CAUSE,
    &permission_denied::CAUSE,
    &cli_flag::CAUSE,
];
