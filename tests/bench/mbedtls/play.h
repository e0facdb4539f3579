/* Both ends of handshakes in one program, where only what the client does is counted. */
#ifndef BENCH_PLAY_H
#define BENCH_PLAY_H

#include "support.h"
#include "files.h"
#include "mbedtls/ssl.h"

struct identity { mbedtls_x509_crt chain; mbedtls_pk_context key; };

/* The client's side of one handshake is the sum over its steps. */
struct cost { uint64_t total; size_t stack, heap; };

extern mbedtls_ssl_config client_config, server_config;

/* Both configurations, for one suite, and a server with tickets; its client certificates come from two authorities. */
void play_configure(int suite);
/* The suite of the next handshake. */
void play_suite(int suite);
/* Whether the server asks for a client certificate. */
void play_ask(int asks);
/* The heap of what the server keeps is no part of a cost. */
struct cost play(mbedtls_ssl_context *client, mbedtls_ssl_session *resume, mbedtls_ssl_session *keep);
/* What follows a handshake: records of a size, written and read. */
uint64_t play_write(mbedtls_ssl_context *client, size_t length);
uint64_t play_read(mbedtls_ssl_context *client, size_t length);
/* Ends the connection of the last handshake. */
void play_end(mbedtls_ssl_context *client);

void load(struct identity *identity, const unsigned char *pem, size_t length, const unsigned char *key, size_t key_length);
void identify(mbedtls_ssl_config *config, struct identity *identity);
void check(const char *what, int code);
#endif
