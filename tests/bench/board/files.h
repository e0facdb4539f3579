/* See files.S. */
#ifndef BENCH_FILES_H
#define BENCH_FILES_H
#include <stddef.h>
#define FILE_IN_FLASH(name) extern const unsigned char name[]; extern const size_t name##_length
FILE_IN_FLASH(ca_pem);
FILE_IN_FLASH(intermediate_pem);
FILE_IN_FLASH(upper_pem);
FILE_IN_FLASH(issuing_pem);
FILE_IN_FLASH(server_pem);
FILE_IN_FLASH(server_of_issuing_pem);
FILE_IN_FLASH(server_key);
FILE_IN_FLASH(client_1024_pem);
FILE_IN_FLASH(client_1024_key);
FILE_IN_FLASH(client_2048_pem);
FILE_IN_FLASH(client_2048_key);
FILE_IN_FLASH(client_4096_key);
#undef FILE_IN_FLASH
#endif
