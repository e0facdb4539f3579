/* What both programs need: BearSSL's keys and certificates from PEM. */
#ifndef BENCH_SUPPORT_H
#define BENCH_SUPPORT_H

#include "bearssl.h"
#include "board.h"
#include "files.h"

/* A certificate in DER. */
struct certificate { unsigned char der[2048]; br_x509_certificate chain; };
/* A private key with RSA; its numbers lie in the decoder. */
struct key { br_skey_decoder_context decoder; const br_rsa_private_key *rsa; };
/* An authority. */
struct anchor { br_x509_decoder_context decoder; unsigned char name[512]; br_x509_trust_anchor anchor; };

void support_certificate(struct certificate *certificate, const unsigned char *pem, size_t length);
void support_key(struct key *key, const unsigned char *pem, size_t length);
void support_anchor(struct anchor *anchor, const struct certificate *certificate);
/* Ends the program unless it is true. */
void support_check(const char *what, int good);
#endif
