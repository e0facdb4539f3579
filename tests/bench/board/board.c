/* See board.h. The machine is QEMU's mps2-an386: code at 0, 4 MiB of RAM at 0x20000000. */
#include "board.h"

#include <string.h>

extern uint32_t __stack_top, __data_load, __data_start, __data_end, __bss_start, __bss_end, __heap_end[];

static void reset(void);
static void fault(void);

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &__stack_top, (void *) reset, (void *) fault, (void *) fault, (void *) fault, (void *) fault, (void *) fault,
};

static int semihost(int operation, const void *argument) {
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void put(const char *text) { semihost(0x04, text); }

static void leave(int failed) {
    const uint32_t reason[2] = {0x20026, (uint32_t) failed};
    semihost(0x20, reason);
    for (;;) {}
}

static void fault(void) {
    put("fault\n");
    leave(1);
}

static void reset(void) {
    /* The floating-point unit: the ABI may keep values there. */
    *(volatile uint32_t *) 0xE000ED88 |= 0xFu << 20;
    memcpy(&__data_start, &__data_load, (size_t) ((char *) &__data_end - (char *) &__data_start));
    memset(&__bss_start, 0, (size_t) ((char *) &__bss_end - (char *) &__bss_start));
    volatile uint32_t *timer = (volatile uint32_t *) 0x40000000;
    timer[2] = timer[1] = 0xFFFFFFFF;
    timer[0] = 1;
    board_start();
    leave(bench());
}

uint64_t board_instructions(void) {
    static uint32_t last;
    static uint64_t total;
    uint32_t now = 0xFFFFFFFF - *(volatile uint32_t *) 0x40000004;
    total += (uint32_t) (now - last);
    last = now;
    return total * 40;
}

static void put_number(uint64_t value) {
    char text[24], *at = text + sizeof text;
    *--at = 0;
    do *--at = (char) ('0' + value % 10);
    while (value /= 10);
    put(at);
}

void board_row(const char *name, uint64_t value) {
    put(name);
    put("\t");
    put_number(value);
    put("\n");
}

void board_fail(const char *what, int code) {
    put("failed: ");
    put(what);
    put(code < 0 ? " -" : " ");
    put_number((uint64_t) (code < 0 ? -code : code));
    put("\n");
    leave(1);
}

#define PAINT 0xA5A5A5A5u
static uint32_t *painted_to;

__attribute__((noinline)) void board_stack_paint(void) {
    uint32_t here;
    painted_to = &here - 16;
    for (uint32_t *at = __heap_end; at < painted_to; at++) *(volatile uint32_t *) at = PAINT;
}

__attribute__((noinline)) size_t board_stack_used(void) {
    uint32_t *at = __heap_end;
    while (at < painted_to && *at == PAINT) at++;
    return (size_t) ((char *) painted_to - (char *) at);
}

int board_entropy(void *context, unsigned char *out, size_t length) {
    static uint32_t state = 0x12345678;
    (void) context;
    while (length--) {
        state = state * 1664525u + 1013904223u;
        *out++ = (unsigned char) (state >> 24);
    }
    return 0;
}

/* The C library's own heap, which the default of a function pointer refers to, is empty. */
__attribute__((used)) void *_sbrk(ptrdiff_t more) {
    (void) more;
    return (void *) -1;
}
