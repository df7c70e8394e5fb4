#pragma once
#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `count` bytes, continuing from `crc` (0 for a new one).
/// Uses the processor's instruction where there is one.
uint32_t cchecksum_crc32c(uint32_t crc, const void *bytes, size_t count);

/// The same by table, for processors without the instruction and to hold the instruction against.
uint32_t cchecksum_crc32c_table(uint32_t crc, const void *bytes, size_t count);

/// Whether this processor has the instruction.
int cchecksum_has_instruction(void);
