/* AES in cipher feedback mode over whole blocks (NIST SP 800-38A section 6.3, s = 128), from an initial vector of
 * zeros, as OpenPGP has it (RFC 4880 section 13.9, without the resynchronisation). OpenSSL's libcrypto. */
#ifndef BASE_CFB_H
#define BASE_CFB_H

#include "base/bytes.h"
#include "base/cleanup.h"

typedef enum CfbDirection { CFB_ENCRYPT, CFB_DECRYPT } CfbDirection;

typedef struct Cfb Cfb;

/* KEY has 16, 24 or 32 bytes; it is kept, and wiped on release. Ends the program when libcrypto cannot provide the
 * cipher (a broken installation). */
Cfb *cfb_new(CfbDirection direction, Bytes key);

/* Goes on with BYTES, any number of them: writes as many to TO, which does not overlap with them. */
void cfb_apply(Cfb *cfb, Bytes bytes, uint8_t *to);

void cfb_free(Cfb *cfb);
DEFINE_AUTO(Cfb, cfb_free)

#endif
