@ 64-bit divisions (ARM IHI 0043, run-time ABI, §4.3.1): division.rs says why.

    .syntax unified
    .thumb

    .macro function name
    .globl \name
    .type \name, %function
    .thumb_func
\name:
    .endm

@ r1:r0 divided by r3:r2, which is not zero: the quotient in r1:r0, the remainder in r3:r2. A bit at a time, as on paper, but
@ where one division of 32 bits does.
    .section .text.division.uldivmod, "ax", %progbits
    .balign 2
    function __aeabi_uldivmod
    orrs ip, r1, r3
    bne 1f
    udiv ip, r0, r2
    mls r2, ip, r2, r0
    mov r0, ip
    bx lr
1:  push {r4, r5, r6, lr}
    movs r4, #0                 @ r5:r4: the remainder so far
    movs r5, #0
    movs r6, #64
    cbnz r1, 2f
    mov r1, r0
    movs r0, #0
    movs r6, #32
2:  adds r0, r0, r0             @ the next bit of the dividend moves up, and a place for one of the quotient comes free
    adcs r1, r1, r1
    adcs r4, r4, r4
    adcs r5, r5, r5
    bcs 3f                      @ 65 bits are more than any divisor
    cmp r4, r2
    sbcs ip, r5, r3
    blo 4f
3:  subs r4, r4, r2
    sbc r5, r5, r3
    adds r0, #1
4:  subs r6, #1
    bne 2b
    mov r2, r4
    mov r3, r5
    pop {r4, r5, r6, pc}
    .size __aeabi_uldivmod, . - __aeabi_uldivmod

@ The same with signs: the remainder has the dividend's.
    .section .text.division.ldivmod, "ax", %progbits
    .balign 2
    function __aeabi_ldivmod
    push {r4, r5, r6, lr}
    asrs r4, r1, #31            @ -1 for a negative number, for which x ^ -1 - -1 is its opposite
    asrs r5, r3, #31
    eors r0, r4
    eors r1, r4
    subs r0, r0, r4
    sbcs r1, r4
    eors r2, r5
    eors r3, r5
    subs r2, r2, r5
    sbcs r3, r5
    bl __aeabi_uldivmod
    eors r2, r4
    eors r3, r4
    subs r2, r2, r4
    sbcs r3, r4
    eors r4, r5
    eors r0, r4
    eors r1, r4
    subs r0, r0, r4
    sbcs r1, r4
    pop {r4, r5, r6, pc}
    .size __aeabi_ldivmod, . - __aeabi_ldivmod
