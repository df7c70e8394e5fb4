#include "cchecksum.h"

#include <string.h>

/// The polynomial 0x1EDC6F41 with its bits reversed.
#define POLYNOMIAL 0x82F63B78u

/// slices[k][b] is the remainder of byte b followed by k zero bytes.
static uint32_t slices[8][256];

/// Runs before `main`, so that the table is constant for every thread.
__attribute__((constructor)) static void fill_slices(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++) rest = (rest >> 1) ^ ((rest & 1) ? POLYNOMIAL : 0);
        slices[0][byte] = rest;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int k = 1; k < 8; k++)
            slices[k][byte] = (slices[k - 1][byte] >> 8) ^ slices[0][slices[k - 1][byte] & 0xFF];
}

static inline uint64_t load_little_endian(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

uint32_t cchecksum_crc32c_table(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    uint32_t rest = ~crc;
    for (; count >= 8; count -= 8, at += 8) {
        uint64_t word = load_little_endian(at) ^ rest;
        rest = 0;
        for (int k = 0; k < 8; k++) rest ^= slices[7 - k][(word >> (8 * k)) & 0xFF];
    }
    for (; count > 0; count--, at++) rest = (rest >> 8) ^ slices[0][(rest ^ *at) & 0xFF];
    return ~rest;
}

#if defined(__x86_64__)

static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }

#define INSTRUCTION_TARGET __attribute__((target("sse4.2")))
#define CRC_OF_8_BYTES(rest, word) ((uint32_t)__builtin_ia32_crc32di((rest), (word)))
#define CRC_OF_1_BYTE(rest, byte) __builtin_ia32_crc32qi((rest), (byte))

#elif defined(__aarch64__)

#include <arm_acle.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

/// The bit of AT_HWCAP in Linux' uapi asm/hwcap.h.
#define HARDWARE_CRC32 (1 << 7)

static int has_instruction(void) {
#if defined(__ARM_FEATURE_CRC32)
    return 1;
#elif defined(__linux__)
    return (getauxval(AT_HWCAP) & HARDWARE_CRC32) != 0;
#else
    return 0;
#endif
}

#if defined(__clang__)
#define INSTRUCTION_TARGET __attribute__((target("crc")))
#else
#define INSTRUCTION_TARGET __attribute__((target("+crc")))
#endif
#define CRC_OF_8_BYTES(rest, word) __crc32cd((rest), (word))
#define CRC_OF_1_BYTE(rest, byte) __crc32cb((rest), (byte))

#endif

#if defined(INSTRUCTION_TARGET)

/// Eight bytes each instruction, one stream: lines are short, and at three cycles a step this is some 8 bytes
/// a nanosecond already.
INSTRUCTION_TARGET static uint32_t crc32c_by_instruction(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    uint32_t rest = ~crc;
    for (; count >= 8; count -= 8, at += 8) rest = CRC_OF_8_BYTES(rest, load_little_endian(at));
    for (; count > 0; count--, at++) rest = CRC_OF_1_BYTE(rest, *at);
    return ~rest;
}

/// Chosen before `main`, constant afterwards.
static int use_instruction;
__attribute__((constructor)) static void choose(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
    use_instruction = has_instruction();
}

int cchecksum_has_instruction(void) { return use_instruction; }

uint32_t cchecksum_crc32c(uint32_t crc, const void *bytes, size_t count) {
    if (use_instruction) return crc32c_by_instruction(crc, bytes, count);
    return cchecksum_crc32c_table(crc, bytes, count);
}

#else

int cchecksum_has_instruction(void) { return 0; }

uint32_t cchecksum_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return cchecksum_crc32c_table(crc, bytes, count);
}

#endif
