/* Message: the data of an OpenPGP message that has been decrypted but not unpacked (RFC 4880 section 11.3): a literal
 * packet, mostly in a compressed one, with signatures around it. */
#ifndef CODEC_OPENPGP_MESSAGE_H
#define CODEC_OPENPGP_MESSAGE_H

#include "codec/stream.h"

/* Unpacks what is compressed in a way that is not ours, or has been armored: FRONT, which may be empty, and then BODY
 * (owned, also on error). CONTEXT is the caller's of openpgp_message_read. */
typedef Error *OpenPgpUnpack(const void *context, Bytes front, Reader *body, const char *name, Reader **ret_reader);

/* Reads PACKETS (owned) as the data of the one literal packet that is in them; ZIP and ZLIB are understood here, the
 * rest is left to UNPACK, and so is armor: gpg.conf may ask for it. Signatures are passed over, and what follows
 * compressed data within its packet. Any other packet, before the data or behind it, and a message that breaks off:
 * ERROR_CORRUPT. The end is told when PACKETS has told its own. NAME (copied) is for messages. */
Reader *openpgp_message_read(Reader *packets, const char *name, OpenPgpUnpack *unpack, const void *context);

#endif
