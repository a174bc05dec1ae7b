/* Packets of OpenPGP (RFC 4880 section 4): where each begins, which kind it is, and what is in it. */
#ifndef CODEC_OPENPGP_PACKETS_H
#define CODEC_OPENPGP_PACKETS_H

#include "codec/stream.h"

typedef enum OpenPgpTag {
        OPENPGP_TAG_NONE = 0, /* no packet: the end */
        OPENPGP_TAG_SIGNATURE = 2,
        OPENPGP_TAG_SYMMETRIC_SESSION_KEY = 3,
        OPENPGP_TAG_ONE_PASS_SIGNATURE = 4,
        OPENPGP_TAG_COMPRESSED = 8,
        OPENPGP_TAG_MARKER = 10,
        OPENPGP_TAG_LITERAL = 11,
        OPENPGP_TAG_PROTECTED = 18, /* encrypted, with a checksum */
        OPENPGP_TAG_MDC = 19,       /* that checksum */
} OpenPgpTag;

typedef struct OpenPgpPackets OpenPgpPackets;

/* Reads packets from NEXT (owned). NAME (copied) is for messages. Memory: about 16 KiB. */
OpenPgpPackets *openpgp_packets_open(Reader *next, const char *name);

/* Goes to the next packet, passing over what is left of the one before. *ret_tag may be a number that OpenPgpTag does
 * not name; OPENPGP_TAG_NONE is the end, which is NEXT's, too. ERROR_CORRUPT, exit code 31: this is no packet, or it
 * breaks off. */
CHECKED Error *openpgp_packets_next(OpenPgpPackets *packets, unsigned *ret_tag);

/* Before the first packet: true when there are none, but ASCII armor (RFC 4880 section 6.2). All of it is the body. */
CHECKED Error *openpgp_packets_find_armor(OpenPgpPackets *packets, bool *ret_armored);

/* The content of the packet at work, partial lengths joined: the same reader for each packet. It stays the packets':
 * closing it does nothing. ERROR_CORRUPT, exit code 31, when the packet breaks off. */
Reader *openpgp_packets_body(OpenPgpPackets *packets);

/* WHAT is wrong with the message in the file NAME: ERROR_CORRUPT, exit code 31. */
CHECKED Error *openpgp_packets_damage(const char *name, const char *what);

void openpgp_packets_close(OpenPgpPackets *packets);
DEFINE_AUTO(OpenPgpPackets, openpgp_packets_close)

#endif
