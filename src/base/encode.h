/* Bytes as text: hexadecimal, base64 and percent encoding. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/buffer.h"

/* Lower-case hexadecimal text of BYTES into TEXT, which has room for 2 * length + 1. */
void encode_hex(Bytes bytes, char *text);

/* Reads hexadecimal text of either case into RESULT, which has room for SIZE bytes. False unless TEXT is exactly 2 *
 * SIZE digits. */
bool encode_from_hex(Bytes text, uint8_t *result, size_t size);

/* Appends base64 (RFC 4648 section 4, padded) of BYTES. */
void encode_base64(Bytes bytes, Buffer *out);

/* Appends what base64 TEXT stands for; blanks and newlines in it are skipped. False, with OUT as it was, when TEXT is
 * not base64. */
bool encode_from_base64(Bytes text, Buffer *out);

/* Appends BYTES with every byte that is neither unreserved (RFC 3986 section 2.3) nor in KEEP written as %HH (upper
 * case). */
void encode_percent(Bytes bytes, const char *keep, Buffer *out);

/* Appends TEXT with each valid %HH replaced by its byte; other '%' stay as they are. */
void encode_from_percent(Bytes text, Buffer *out);

#endif
