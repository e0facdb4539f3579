/* What Mbed TLS is lent: a heap that counts, and random numbers. */
#ifndef BENCH_SUPPORT_H
#define BENCH_SUPPORT_H

#include "board.h"

extern size_t board_heap_now, board_heap_peak;

/* Random numbers of Mbed TLS's own generator or, with BENCH_PLAIN_RANDOM, of a plain one such as a chip's. */
void board_random_start(void);
int board_random(void *context, unsigned char *out, size_t length);
extern const size_t board_random_size;
#endif
