/* See support.h. */
#include "support.h"

#include <string.h>

/* It needs neither a heap nor anything else. */
void board_start(void) {}

struct target { unsigned char *to; size_t length, room; };

static void append(void *context, const void *data, size_t length) {
    struct target *target = context;
    support_check("room", length <= target->room - target->length);
    memcpy(target->to + target->length, data, length);
    target->length += length;
}

void support_check(const char *what, int good) {
    if (!good) board_fail(what, 0);
}

/* The first object of a PEM file as DER. */
static size_t decode(unsigned char *to, size_t room, const unsigned char *pem, size_t length) {
    struct target target = {to, 0, room};
    br_pem_decoder_context decoder;
    br_pem_decoder_init(&decoder);
    while (length > 0) {
        size_t taken = br_pem_decoder_push(&decoder, pem, length);
        pem += taken;
        length -= taken;
        switch (br_pem_decoder_event(&decoder)) {
        case BR_PEM_BEGIN_OBJ: br_pem_decoder_setdest(&decoder, append, &target); break;
        case BR_PEM_END_OBJ: return target.length;
        case BR_PEM_ERROR: board_fail("PEM", 0);
        }
    }
    board_fail("end of PEM", 0);
    return 0;
}

void support_certificate(struct certificate *certificate, const unsigned char *pem, size_t length) {
    certificate->chain.data = certificate->der;
    certificate->chain.data_len = decode(certificate->der, sizeof certificate->der, pem, length);
}

void support_key(struct key *key, const unsigned char *pem, size_t length) {
    static unsigned char der[4096];
    br_skey_decoder_init(&key->decoder);
    br_skey_decoder_push(&key->decoder, der, decode(der, sizeof der, pem, length));
    key->rsa = br_skey_decoder_get_rsa(&key->decoder);
    support_check("key", key->rsa != NULL);
}

void support_anchor(struct anchor *anchor, const struct certificate *certificate) {
    struct target name = {anchor->name, 0, sizeof anchor->name};
    br_x509_decoder_init(&anchor->decoder, append, &name);
    br_x509_decoder_push(&anchor->decoder, certificate->der, certificate->chain.data_len);
    br_x509_pkey *key = br_x509_decoder_get_pkey(&anchor->decoder);
    support_check("anchor", key != NULL);
    anchor->anchor.dn.data = anchor->name;
    anchor->anchor.dn.len = name.length;
    anchor->anchor.flags = BR_X509_TA_CA;
    anchor->anchor.pkey = *key;
}
