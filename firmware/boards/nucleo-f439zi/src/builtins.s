@ What the compiler calls for copies, fills and 64-bit divisions (ARM IHI 0043, run-time ABI, §4.2 and §4.3.3), in 0.3 KB.
@ builtins.rs says why. An unaligned word is read and written as it is: these memories allow it (ARM DDI 0403, §A3.2.1).

    .syntax unified
    .thumb

    .macro function name
    .globl \name
    .type \name, %function
    .thumb_func
\name:
    .endm

@ memmove(to, from, length), which serves as memcpy as well; the result is `to`.
    .section .text.builtins.memmove, "ax", %progbits
    .balign 2
    function memmove
    function memcpy
    function __aeabi_memmove
    function __aeabi_memmove4
    function __aeabi_memmove8
    function __aeabi_memcpy
    function __aeabi_memcpy4
    function __aeabi_memcpy8
    subs r3, r0, r1
    cmp r3, r2
    blo 5f                      @ `to` begins in what is copied: from the end
    mov ip, r0
    subs r2, #4
    blo 2f
1:  ldr r3, [r1], #4
    str r3, [ip], #4
    subs r2, #4
    bhs 1b
2:  adds r2, #4
    beq 4f
3:  ldrb r3, [r1], #1
    strb r3, [ip], #1
    subs r2, #1
    bne 3b
4:  bx lr
5:  add r1, r2
    add ip, r0, r2
    subs r2, #4
    blo 7f
6:  ldr r3, [r1, #-4]!
    str r3, [ip, #-4]!
    subs r2, #4
    bhs 6b
7:  adds r2, #4
    beq 9f
8:  ldrb r3, [r1, #-1]!
    strb r3, [ip, #-1]!
    subs r2, #1
    bne 8b
9:  bx lr

@ memset(to, byte, length); the result is `to`. Those of the run-time ABI have the length second.
    .section .text.builtins.memset, "ax", %progbits
    .balign 2
    function __aeabi_memclr
    function __aeabi_memclr4
    function __aeabi_memclr8
    movs r2, #0
    function __aeabi_memset
    function __aeabi_memset4
    function __aeabi_memset8
    mov r3, r1
    mov r1, r2
    mov r2, r3
    function memset
    uxtb r1, r1
    orr r1, r1, r1, lsl #8
    orr r1, r1, r1, lsl #16
    mov ip, r0
    subs r2, #4
    blo 2f
1:  str r1, [ip], #4
    subs r2, #4
    bhs 1b
2:  adds r2, #4
    beq 4f
3:  strb r1, [ip], #1
    subs r2, #1
    bne 3b
4:  bx lr

@ r1:r0 divided by r3:r2, which is not zero: the quotient in r1:r0, the remainder in r3:r2. A bit at a time, as on paper, but
@ where one division of 32 bits does.
    .section .text.builtins.uldivmod, "ax", %progbits
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

@ The same with signs: the remainder has the dividend's.
    .section .text.builtins.ldivmod, "ax", %progbits
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
