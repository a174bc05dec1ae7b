/* Deflate (RFC 1951) and gzip (RFC 1952), fast. The library behind it is deflate.c's business. */
#ifndef CODEC_DEFLATE_H
#define CODEC_DEFLATE_H

#include "codec/stream.h"

/* How many bytes before a chunk may serve as its dictionary. */
enum { DEFLATE_WINDOW = 32768 };

/* One thread's compressor; reused from chunk to chunk. */
typedef struct Deflater Deflater;
Deflater *deflater_new(void);
void deflater_free(Deflater *deflater);
DEFINE_AUTO(Deflater, deflater_free)

/* Appends to OUT the raw deflate form of CHUNK. HISTORY is what came directly before it in the stream (up to
 * DEFLATE_WINDOW bytes of it are used; empty at the start). The output ends on a byte boundary and is a whole
 * stream's end when LAST, otherwise continues seamlessly with the next chunk's output: chunks may be compressed in
 * any order, by any thread, and concatenated. What does not get smaller by a 64th, or by samples of it would not, is
 * stored. An empty CHUNK is welcome; the longest is 1 GiB. OUT has no ceiling. */
void deflater_chunk(Deflater *deflater, Bytes history, Bytes chunk, bool last, Buffer *out);

/* The 10 header bytes and the 8 trailer bytes that make a raw deflate stream a gzip member. */
enum { DEFLATE_GZIP_HEADER_SIZE = 10, DEFLATE_GZIP_TRAILER_SIZE = 8 };
extern const uint8_t deflate_gzip_header[DEFLATE_GZIP_HEADER_SIZE];
void deflate_gzip_trailer(uint32_t crc, uint64_t plain_length, uint8_t trailer[DEFLATE_GZIP_TRAILER_SIZE]);

/* Continues CRC (0 at the start) over BYTES: gzip's CRC-32. */
uint32_t deflate_crc(uint32_t crc, Bytes bytes);

/* Reads gzip as plain bytes: one member or several; zero padding or garbage after a member's end is the end, an
 * empty input is empty. Damage, truncation, and anything else than gzip at the start are ERROR_CORRUPT. NEXT is
 * owned, also on error. NAME (copied) is for messages. Memory: about 100 KiB. */
Reader *deflate_read_gzip(Reader *next, const char *name);

/* Reads a raw deflate stream to its end; what follows the end is not read as data. */
Reader *deflate_read_raw(Reader *next, const char *name);

/* The same of a zlib stream (RFC 1950), whose checksum must be right. */
Reader *deflate_read_zlib(Reader *next, const char *name);

/* Writes plain bytes as one gzip member to NEXT (owned), single-threaded: for small things. */
Writer *deflate_write_gzip(Writer *next);

#endif
