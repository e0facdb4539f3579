/* The throw-away certificates and keys that the benchmark uses, NUL-terminated as Mbed TLS wants PEM. The assembler is given the
 * folder of the vectors with -I. */
    .macro file name, path
    .section .rodata.\name, "a"
    .global \name
    .global \name\()_length
\name:
    .incbin "\path"
    .byte 0
9:
    .balign 4
\name\()_length:
    .word 9b - \name
    .endm

    file ca_pem, "ca.pem"
    file intermediate_pem, "intermediate.pem"
    file upper_pem, "upper.pem"
    file issuing_pem, "issuing.pem"
    file server_pem, "server.pem"
    file server_of_issuing_pem, "server-of-issuing.pem"
    file server_key, "server.key"
    file client_1024_pem, "client-1024.pem"
    file client_1024_key, "client-1024.key"
    file client_2048_pem, "client-2048.pem"
    file client_2048_key, "client-2048.key"
    file client_4096_key, "client-4096.key"
