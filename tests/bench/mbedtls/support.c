/* See support.h. */
#include "support.h"

#include <string.h>

#include "mbedtls/ctr_drbg.h"
#include "mbedtls/platform.h"

extern uint32_t __heap_end[];

size_t board_heap_now, board_heap_peak;

/* A block of each size, a power of two, has been used before or is next: allocating is as fast as it can be. */
union block { size_t size; union block *next; uint64_t alignment; };
static union block *unused[32];

static unsigned class_of(size_t size) { return 32u - (unsigned) __builtin_clz((unsigned) (size + sizeof(union block) - 1)); }

static void *count_calloc(size_t number, size_t size) {
    extern uint32_t __heap_start[];
    static union block *end = (union block *) __heap_start;
    size_t wanted = number * size;
    unsigned class = class_of(wanted);
    union block *block = unused[class];
    if (block != NULL) {
        unused[class] = block->next;
    } else {
        block = end;
        if ((size_t) ((char *) __heap_end - (char *) end) < (size_t) 1 << class) return NULL;
        end = (union block *) ((char *) end + ((size_t) 1 << class));
    }
    block->size = wanted;
    board_heap_now += wanted;
    if (board_heap_now > board_heap_peak) board_heap_peak = board_heap_now;
    return memset(block + 1, 0, wanted);
}

static void count_free(void *memory) {
    if (memory == NULL) return;
    union block *block = (union block *) memory - 1;
    unsigned class = class_of(block->size);
    board_heap_now -= block->size;
    block->next = unused[class];
    unused[class] = block;
}

void board_start(void) { mbedtls_platform_set_calloc_free(count_calloc, count_free); }

#ifdef BENCH_PLAIN_RANDOM
const size_t board_random_size = 0;
void board_random_start(void) {}
int board_random(void *context, unsigned char *out, size_t length) { return board_entropy(context, out, length); }
#else
static mbedtls_ctr_drbg_context drbg;
const size_t board_random_size = sizeof drbg;

void board_random_start(void) {
    mbedtls_ctr_drbg_init(&drbg);
    int code = mbedtls_ctr_drbg_seed(&drbg, board_entropy, NULL, NULL, 0);
    if (code != 0) board_fail("seed", code);
}

int board_random(void *context, unsigned char *out, size_t length) {
    (void) context;
    return mbedtls_ctr_drbg_random(&drbg, out, length);
}
#endif
