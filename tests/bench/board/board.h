/* The emulated board of the programs in C: an instruction counter, text output and a painted stack. */
#ifndef BENCH_BOARD_H
#define BENCH_BOARD_H

#include <stddef.h>
#include <stdint.h>

/* Instructions executed since reset, in steps of 40: under QEMU's `-icount shift=0` one instruction is one nanosecond, and the
 * CMSDK timer runs at 25 MHz. */
uint64_t board_instructions(void);
/* One result, as `name<TAB>value`. */
void board_row(const char *name, uint64_t value);
void board_fail(const char *what, int code);

/* Paints the free stack, and tells how many bytes of it have been used since, below the caller's frame. */
void board_stack_paint(void);
size_t board_stack_used(void);

/* Before `bench`: lends the library what it needs. */
void board_start(void);

/* A deterministic source of "entropy": benchmarks must repeat exactly. */
int board_entropy(void *context, unsigned char *out, size_t length);

int bench(void);
#endif
