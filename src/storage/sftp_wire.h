/* The bytes of SFTP, version 3 (draft-ietf-secsh-filexfer-02): packets made and taken apart. Pure. */
#ifndef STORAGE_SFTP_WIRE_H
#define STORAGE_SFTP_WIRE_H

#include <stdbool.h>

#include "base/buffer.h"

typedef enum SftpType {
        SFTP_INIT = 1,
        SFTP_VERSION = 2,
        SFTP_OPEN = 3,
        SFTP_CLOSE = 4,
        SFTP_READ = 5,
        SFTP_WRITE = 6,
        SFTP_FSTAT = 8,
        SFTP_OPENDIR = 11,
        SFTP_READDIR = 12,
        SFTP_REMOVE = 13,
        SFTP_MKDIR = 14,
        SFTP_STAT = 17,
        SFTP_RENAME = 18,
        SFTP_STATUS = 101,
        SFTP_HANDLE = 102,
        SFTP_DATA = 103,
        SFTP_NAME = 104,
        SFTP_ATTRIBUTES = 105,
        SFTP_EXTENDED = 200,
        SFTP_EXTENDED_REPLY = 201,
} SftpType;

typedef enum SftpStatus {
        SFTP_OK = 0,
        SFTP_END_OF_FILE = 1,
        SFTP_NO_SUCH_FILE = 2,
        SFTP_PERMISSION_DENIED = 3,
        SFTP_FAILURE = 4,
        SFTP_NO_CONNECTION = 6,
        SFTP_CONNECTION_LOST = 7,
        SFTP_UNSUPPORTED = 8,
        SFTP_NO_SPACE = 14, /* of later versions, which some servers send all the same; so the next */
        SFTP_QUOTA_EXCEEDED = 15,
} SftpStatus;

enum { SFTP_FLAG_READ = 1, SFTP_FLAG_WRITE = 2, SFTP_FLAG_CREATE = 8, SFTP_FLAG_EXCLUSIVE = 32 };

/* What is used of a file's attributes. */
typedef struct SftpAttributes {
        bool has_size, has_mode, has_time;
        uint64_t size;
        uint32_t mode;     /* as st_mode */
        uint32_t modified; /* seconds since 1970 */
} SftpAttributes;

/* A packet is begun, filled and ended: the length in front is written at the end. Packets may follow each other in
 * OUT. sftp_wire_begin returns where the packet starts. */
size_t sftp_wire_begin(Buffer *out, SftpType type, uint32_t id);
void sftp_wire_add_number(Buffer *out, uint32_t number);
void sftp_wire_add_large(Buffer *out, uint64_t number);
void sftp_wire_add_bytes(Buffer *out, Bytes bytes);
void sftp_wire_end(Buffer *out, size_t start);

/* Takes what comes next out of REST, which holds a packet's content. False, with REST empty, when it is too short for
 * that; results are untouched then. */
bool sftp_wire_take_byte(Bytes *rest, uint8_t *ret_byte);
bool sftp_wire_take_number(Bytes *rest, uint32_t *ret_number);
bool sftp_wire_take_large(Bytes *rest, uint64_t *ret_number);
bool sftp_wire_take_bytes(Bytes *rest, Bytes *ret_bytes);
bool sftp_wire_take_attributes(Bytes *rest, SftpAttributes *ret_attributes);

#endif
